import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileBeside } from '../protocol/beside.ts';
import { safeHeaders, serveFile, staticFile, type StaticFile } from './static-files.ts';

/** The explorer's pages, as they are served. */
export interface Explorer {
  /** @returns false: the explorer has no such page */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean;
}

/** Names, addresses and texts that the pages show are anybody's: a page runs what came with it and asks nobody else. */
const SAFE = safeHeaders([
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]);

/** Each page has an address of its own and is the same document. What comes after the second `/` is one page's key. */
const PAGES =
  /^\/(jobs|models|circuits|accounts|provers|bidding|settlements|search)?$|^\/(jobs|models|circuits|accounts|settlements)\/[\w:]{1,80}$/;

/** Reads the built pages (`npm run generate` makes them of indexer/explorer) into memory: what isn't there can't be asked for. */
export async function readExplorer(): Promise<Explorer> {
  const folder = fileURLToPath(fileBeside(import.meta.url, './explorer/generated'));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, StaticFile>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const place = path.join(entry.parentPath, entry.name);
    const name = `/${path.relative(folder, place).replaceAll(path.sep, '/')}`;
    // Names under /assets/ have a digest of the content in them.
    files.set(name, await staticFile(name, await readFile(place), SAFE, name.startsWith('/assets/')));
  }
  return {
    answer(request, response, asked) {
      const file = files.get(PAGES.test(asked) ? '/index.html' : asked);
      if (file === undefined) return false;
      serveFile(file, request, response);
      return true;
    },
  };
}
