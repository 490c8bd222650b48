import { z } from 'zod';
import { patience, type Patience } from '../patience.ts';
import { cidOf, artifactOf, type Artifact } from './digest.ts';
import { expectDigest } from './expect-digest.ts';
import { SIGNATURE_HEADER, signRequest, type StoreClaim, type StoreIdentity } from './signed-request.ts';
import {
  DEFAULT_MAX_BYTES,
  StoreError,
  type ArtifactStore,
  type GetOptions,
  type PutOptions,
} from './store.ts';

/** Milliseconds without a byte in either direction after which a store counts as gone. */
const IDLE_MS = 60_000;
/** A larger body is sent in pieces of this size, so that it is seen to go on. */
const PIECE_BYTES = 2 ** 18;

/** A store behind HTTP: `GET | PUT {url}/artifacts/{cid}`, as {@link serveStore} serves it. */
export class HttpStore implements ArtifactStore {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #idleMs: number;
  readonly #identity: StoreIdentity | undefined;

  /**
   * @param token sent as a bearer token with `put`, when the store asks for one
   * @param idleMs milliseconds without a byte after which the store counts as gone
   * @param identity signs uploads, and fetches of what isn't for everybody
   */
  constructor(url: string, token?: string, idleMs: number = IDLE_MS, identity?: StoreIdentity) {
    this.#identity = identity;
    this.#idleMs = idleMs;
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  async get(sha256: string, { maxBytes = DEFAULT_MAX_BYTES, signal }: GetOptions = {}): Promise<Uint8Array> {
    const where = `${this.url}/artifacts/${cidOf(sha256)}`;
    const waiting = patience(this.#idleMs, signal);
    try {
      let response = await ask(where, {}, waiting);
      if (response.status === 401 && this.#identity) {
        await response.body?.cancel();
        const header = await this.#sign(this.#identity, {
          method: 'GET',
          sha256,
          bytes: 0,
          visibility: 'private',
        });
        response = await ask(where, { headers: header }, waiting);
      }
      if (response.status === 404)
        throw new StoreError('STORE_NOT_FOUND', `no artifact ${sha256} at ${this.url}`);
      if (!response.ok) throw refused(where, response.status, await textOf(response, waiting));
      return expectDigest(await boundedBody(response, maxBytes, where, waiting), sha256, where);
    } finally {
      waiting.end();
    }
  }

  async put(bytes: Uint8Array, { visibility = 'public' }: PutOptions = {}): Promise<Artifact> {
    const artifact = artifactOf(bytes);
    const where = `${this.url}/artifacts/${artifact.cid}`;
    const waiting = patience(this.#idleMs);
    const { sha256 } = artifact;
    const claim = { method: 'PUT', sha256, bytes: bytes.length, visibility } as const;
    try {
      const headers = {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(this.#identity === undefined ? {} : await this.#sign(this.#identity, claim)),
      };
      const response = await ask(where, { method: 'PUT', headers, ...bodyOf(bytes, waiting) }, waiting);
      if (!response.ok) throw refused(where, response.status, await textOf(response, waiting));
      return artifact;
    } finally {
      waiting.end();
    }
  }

  async #sign(
    identity: StoreIdentity,
    claim: Pick<StoreClaim, 'method' | 'sha256' | 'bytes' | 'visibility'>,
  ): Promise<Record<string, string>> {
    return { [SIGNATURE_HEADER]: await signRequest(identity, { ...claim, store: this.url }) };
  }
}

/** Codes that a store says itself, and that say more than its status. */
const OWN_CODES = z.object({
  code: z.enum([
    'STORE_CHAIN_AWAY',
    'STORE_FORBIDDEN',
    'STORE_FULL',
    'STORE_QUOTA',
    'STORE_TOO_SLOW',
    'STORE_UNAUTHORISED',
  ]),
  message: z.string().max(2000),
  hint: z.string().max(2000).optional(),
});

async function ask(where: string, init: RequestInit, waiting: Patience): Promise<Response> {
  try {
    const response = await fetch(where, { ...init, signal: waiting.signal });
    waiting.progress();
    return response;
  } catch (cause) {
    throw unreachable(where, cause);
  }
}

function bodyOf(bytes: Uint8Array, waiting: Patience): RequestInit & { readonly duplex?: 'half' } {
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

function unreachable(where: string, cause: unknown): StoreError {
  return new StoreError('STORE_UNREACHABLE', `no answer from ${where}: ${(cause as Error).message}`, {
    cause,
    retryable: true,
  });
}

function refused(where: string, status: number, text: string): StoreError {
  const own = OWN_CODES.safeParse(parseJson(text)).data;
  const retryable = status >= 500 || status === 408;
  if (own) {
    const { code, message, hint } = own;
    return new StoreError(code, `${where}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      retryable,
    });
  }
  const code = status === 507 ? 'STORE_FULL' : 'STORE_REFUSED';
  return new StoreError(code, `${where} answered ${status}: ${text}`, { retryable });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(response: Response, waiting: Patience): Promise<string> {
  const bytes = await boundedBody(response, 4096, response.url, waiting).catch(() => new Uint8Array());
  return new TextDecoder().decode(bytes);
}

/** The body, read no further than the bound: a hostile store may send without end. */
async function boundedBody(
  response: Response,
  maxBytes: number,
  where: string,
  waiting: Patience,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
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
  return joined(parts, length);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
