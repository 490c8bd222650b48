import { joinedBytes, partsOf } from '../body.ts';
import type { Patience } from '../patience.ts';
import { StoreError } from './store.ts';

/** A larger body is sent in pieces of this size, so that it is seen to go on. */
const PIECE_BYTES = 2 ** 18;

/** Milliseconds without a byte in either direction after which a store counts as gone. */
export const IDLE_MS = 60_000;

/** @throws StoreError STORE_UNREACHABLE (retryable) */
export async function ask(where: string, init: RequestInit, waiting: Patience): Promise<Response> {
  try {
    const response = await fetch(where, { ...init, signal: waiting.signal });
    waiting.progress();
    return response;
  } catch (cause) {
    throw unreachable(where, cause);
  }
}

export function bodyOf(bytes: Uint8Array, waiting: Patience): RequestInit & { readonly duplex?: 'half' } {
  if (bytes.length <= PIECE_BYTES) return { body: bytes as Uint8Array<ArrayBuffer> };
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      waiting.progress();
      controller.enqueue(bytes.subarray(sent, sent + PIECE_BYTES));
      sent += PIECE_BYTES;
      if (sent >= bytes.length) controller.close();
    },
  });
  return { body, duplex: 'half' };
}

/** What a store says to explain itself, at most 4 KiB. */
export async function textOf(response: Response, waiting: Patience): Promise<string> {
  const bytes = await boundedBody(response, 4096, response.url, waiting).catch(() => new Uint8Array());
  return new TextDecoder().decode(bytes);
}

/**
 * The body, read no further than the bound: a hostile store may send without end.
 * @throws StoreError STORE_TOO_LARGE, STORE_UNREACHABLE
 */
export async function boundedBody(
  response: Response,
  maxBytes: number,
  where: string,
  waiting: Patience,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of partsOf(response.body)) {
      waiting.progress();
      length += part.length;
      if (length > maxBytes) {
        throw new StoreError(
          'STORE_TOO_LARGE',
          `expected at most ${maxBytes} bytes from ${where}, more came`,
        );
      }
      parts.push(part);
    }
  } catch (cause) {
    throw cause instanceof StoreError ? cause : unreachable(where, cause);
  }
  return joinedBytes(parts);
}

function unreachable(where: string, cause: unknown): StoreError {
  return new StoreError('STORE_UNREACHABLE', `no answer from ${where}: ${(cause as Error).message}`, {
    cause,
    retryable: true,
  });
}
