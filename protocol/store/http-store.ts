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
