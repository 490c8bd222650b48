import { z } from 'zod';
import { patience } from '../patience.ts';
import { cidOf, artifactOf, type Artifact } from './digest.ts';
import { ask, bodyOf, boundedBody, IDLE_MS, textOf } from './exchange.ts';
import { expectDigest } from './expect-digest.ts';
import { SIGNATURE_HEADER, signRequest, type StoreClaim, type StoreIdentity } from './signed-request.ts';
import {
  DEFAULT_MAX_BYTES,
  StoreError,
  type ArtifactStore,
  type GetOptions,
  type PutOptions,
} from './store.ts';

export interface HttpStoreOptions {
  /** Sent as a bearer token with `put`, when the store asks for one. */
  readonly token?: string | undefined;
  /** Signs uploads, and fetches of what isn't for everybody. */
  readonly identity?: StoreIdentity | undefined;
  /** Milliseconds without a byte after which the store counts as gone. Default a minute. */
  readonly idleMs?: number;
  /** Bodies go out in one piece: browsers send streams over HTTP/2 alone. */
  readonly wholeBodies?: boolean;
}

/** A store behind HTTP: `GET | PUT {url}/artifacts/{cid}`, as {@link serveStore} serves it. */
export class HttpStore implements ArtifactStore {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #idleMs: number;
  readonly #identity: StoreIdentity | undefined;
  readonly #wholeBodies: boolean;

  constructor(
    url: string,
    { token, identity, idleMs = IDLE_MS, wholeBodies = false }: HttpStoreOptions = {},
  ) {
    this.#identity = identity;
    this.#idleMs = idleMs;
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
    this.#wholeBodies = wholeBodies;
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
    // What goes out in one piece isn't seen to go on.
    const sending = this.#wholeBodies ? (1000 * bytes.length) / LEAST_BYTES_PER_SECOND : 0;
    const waiting = patience(this.#idleMs + sending);
    const { sha256 } = artifact;
    const claim = { method: 'PUT', sha256, bytes: bytes.length, visibility } as const;
    try {
      const headers = {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(this.#identity === undefined ? {} : await this.#sign(this.#identity, claim)),
      };
      const body = this.#wholeBodies ? { body: bytes as Uint8Array<ArrayBuffer> } : bodyOf(bytes, waiting);
      const response = await ask(where, { method: 'PUT', headers, ...body }, waiting);
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

/** An upload in one piece that goes more slowly is given up. */
const LEAST_BYTES_PER_SECOND = 2 ** 15;

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
