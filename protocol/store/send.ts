import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setAside } from '../files/kept-json.ts';
import type { Log } from '../log.ts';
import type { FolderStore } from './folder-store.ts';
import { pace } from './pace.ts';
import { StoreError } from './store.ts';

export interface SendOptions {
  readonly store: FolderStore;
  readonly sha256: string;
  /** Not for caches on the way. */
  readonly private: boolean;
  readonly leastBytesPerSecond: number;
  readonly log: Log;
}

/**
 * Sends an artifact from the disk in pieces. One whose bytes rotted is set aside, and its connection broken before the last
 * piece, so that nobody takes it for whole.
 * @throws StoreError STORE_NOT_FOUND
 */
export async function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  options: SendOptions,
): Promise<void> {
  const { store, sha256, leastBytesPerSecond, log } = options;
  const file = store.pathOf(sha256);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new StoreError('STORE_NOT_FOUND', `no artifact ${sha256}`);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': found.size,
    'cache-control': options.private ? 'private, no-store' : 'public, max-age=31536000, immutable',
  });
  if (method === 'HEAD') return void response.end();
  const hash = createHash('sha256');
  const watch = pace(leastBytesPerSecond);
  watch.signal.addEventListener('abort', () => response.destroy(), { once: true });
  let held: Buffer | undefined;
  try {
    for await (const piece of createReadStream(file, { signal: watch.signal }) as AsyncIterable<Buffer>) {
      hash.update(piece);
      // The last piece is held back until all are known to be right.
      if (held !== undefined) await write(response, held, (bytes) => watch.count(bytes));
      held = piece;
    }
    if (`0x${hash.digest('hex')}` !== sha256) {
      await setAside(file, 'its bytes are not those of its address', log);
      return void response.destroy();
    }
    response.end(held);
  } catch (error) {
    if (!response.destroyed) throw error;
  } finally {
    watch.end();
  }
}

function write(response: ServerResponse, piece: Buffer, count: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => {
      count(piece.length);
      if (error) reject(error);
      else resolve();
    });
  });
}
