import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { openDraft } from '../files/write-whole.ts';
import { notKept, type FolderStore } from './folder-store.ts';
import { StoreError } from './store.ts';

export interface ReceiveOptions {
  readonly store: FolderStore;
  readonly sha256: string;
  /** More is refused. */
  readonly maxBytes: number;
  /** The request gives up waiting when this aborts. */
  readonly signal: AbortSignal;
  /** Called with the length of each piece. */
  readonly onPiece: (bytes: number) => void;
}

/**
 * Takes an upload to disk as it comes: no more than a piece of it is in memory. What is not whole, too large or not what its
 * address says is gone when this throws.
 * @returns its size in bytes
 * @throws StoreError STORE_TOO_LARGE, STORE_WRONG_BYTES, STORE_TOO_SLOW, STORE_FULL, STORE_REFUSED
 */
export async function receive(request: IncomingMessage, options: ReceiveOptions): Promise<number> {
  const { store, sha256, maxBytes, signal, onPiece } = options;
  const declared = Number(request.headers['content-length'] ?? 0);
  const tooLarge = (): StoreError =>
    new StoreError('STORE_TOO_LARGE', `expected at most ${maxBytes} bytes of ${sha256}`);
  if (declared > maxBytes) throw tooLarge();
  const hash = createHash('sha256');
  let length = 0;
  const kept = (cause: unknown): StoreError => notKept(length, store.folder, cause);
  const draft = await openDraft(store.pathOf(sha256), { mode: 0o644 }).catch((cause: unknown) => {
    throw kept(cause);
  });
  const giveUp = (): void => void request.destroy(signal.reason as Error);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    // A refusal ends the reading and not the connection: its answer is still to be sent.
    const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const piece of pieces) {
      length += piece.length;
      if (length > maxBytes) throw tooLarge();
      onPiece(piece.length);
      hash.update(piece);
      await draft.write(piece).catch((cause: unknown) => {
        throw kept(cause);
      });
    }
    const came = `0x${hash.digest('hex')}`;
    if (came !== sha256) {
      throw new StoreError('STORE_WRONG_BYTES', `expected bytes with sha-256 ${sha256}, got ${came}`);
    }
    // The same bytes may be there already: they are replaced by themselves, which mends what has rotted.
    await draft.keep().catch((cause: unknown) => {
      throw kept(cause);
    });
    return length;
  } finally {
    signal.removeEventListener('abort', giveUp);
    await draft.discard();
  }
}
