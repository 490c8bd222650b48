import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { fileBeside } from '../protocol/beside.ts';

/** The explorer's pages, as they are served. */
export interface Explorer {
  /** @returns false: the explorer has no such page */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean;
}

/** Names, addresses and texts that the pages show are anybody's: a page runs what came with it and asks nobody else. */
const POLICY = [
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
].join('; ');

const SAFE: OutgoingHttpHeaders = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Each page has an address of its own and is the same document. What comes after the second `/` is one page's key. */
const PAGES =
  /^\/(jobs|models|circuits|accounts|provers|bidding|settlements|search)?$|^\/(jobs|models|circuits|accounts|settlements)\/[\w:]{1,80}$/;

interface Kept {
  readonly bytes: Buffer;
  readonly zipped: Buffer;
  readonly headers: OutgoingHttpHeaders;
  readonly tag: string;
}

/** Reads the built pages (`npm run generate` makes them of indexer/explorer) into memory: what isn't there can't be asked for. */
export async function readExplorer(): Promise<Explorer> {
  const folder = fileURLToPath(fileBeside(import.meta.url, './explorer/generated'));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, Kept>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const place = path.join(entry.parentPath, entry.name);
    const name = `/${path.relative(folder, place).replaceAll(path.sep, '/')}`;
    files.set(name, keep(name, await readFile(place)));
  }
  return {
    answer(request, response, asked) {
      const file = files.get(PAGES.test(asked) ? '/index.html' : asked);
      if (file === undefined) return false;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
      } else if (request.headers['if-none-match'] === file.tag) {
        response.writeHead(304, file.headers).end();
      } else {
        const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
        const body = zips ? file.zipped : file.bytes;
        response.writeHead(200, {
          ...file.headers,
          'content-length': body.length,
          ...(zips ? { 'content-encoding': 'gzip' } : {}),
        });
        response.end(request.method === 'HEAD' ? undefined : body);
      }
      return true;
    },
  };
}

function keep(name: string, bytes: Buffer): Kept {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  // Names under /assets/ have a digest of the content in them.
  const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const type = TYPES[path.extname(name)] ?? 'application/octet-stream';
  const headers = {
    ...SAFE,
    'content-type': type,
    'cache-control': cache,
    vary: 'accept-encoding',
    etag: tag,
  };
  return { bytes, zipped: gzipSync(bytes, { level: 9 }), headers, tag };
}
