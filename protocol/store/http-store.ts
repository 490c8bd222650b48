import { z } from 'zod';
import { patience, type Patience } from '../patience.ts';
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
  /** By how much the store's clock is ahead of this machine's, as far as that has mattered. */
  #aheadSeconds = 0;

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
    const claim = { method: 'GET', sha256, bytes: 0, visibility: 'private' } as const;
    try {
      let response = await ask(where, {}, waiting);
      if (response.status === 401 && this.#identity) {
        await response.body?.cancel();
        response = await this.#askSigned(where, claim, () => ({}), waiting);
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
      const token: Record<string, string> =
        this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
      const body = (): Omit<RequestInit, 'headers'> =>
        this.#wholeBodies ? { body: bytes as Uint8Array<ArrayBuffer> } : bodyOf(bytes, waiting);
      const response = await this.#askSigned(
        where,
        claim,
        () => ({ method: 'PUT', headers: token, ...body() }),
        waiting,
      );
      const text = await textOf(response, waiting);
      if (!response.ok) throw refused(where, response.status, text);
      // Whatever stands between may answer with a page of its own, and all is well with it.
      if (keptSchema.safeParse(parseJson(text)).data?.cid !== artifact.cid) {
        throw new StoreError(
          'STORE_REFUSED',
          `${where} answered ${response.status} and doesn’t say that it has the artifact: ${text.slice(0, 80)}`,
          { retryable: true },
        );
      }
      return artifact;
    } finally {
      waiting.end();
    }
  }

  /**
   * Asks with a signature. One that the store refuses while its clock shows another time is made again by that clock: this
   * machine's may be off, and a signature is for this store alone.
   * @param init makes the request; a body is sent once
   */
  async #askSigned(
    where: string,
    claim: Omit<StoreClaim, 'account' | 'time' | 'store'>,
    init: () => Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
    waiting: Patience,
  ): Promise<Response> {
    const askOnce = async (): Promise<Response> => {
      const { headers, ...rest } = init();
      return ask(where, { ...rest, headers: { ...headers, ...(await this.#sign(claim)) } }, waiting);
    };
    const response = await askOnce();
    if (response.status !== 401 || !this.#identity || !this.#heedClock(response)) return response;
    await response.body?.cancel();
    return askOnce();
  }

  async #sign(claim: Omit<StoreClaim, 'account' | 'time' | 'store'>): Promise<Record<string, string>> {
    if (!this.#identity) return {};
    const time = Math.floor(Date.now() / 1000) + this.#aheadSeconds;
    return { [SIGNATURE_HEADER]: await signRequest(this.#identity, { ...claim, store: this.url, time }) };
  }

  /** @returns whether the store's clock is another than it was taken for */
  #heedClock({ headers }: Response): boolean {
    const ahead = Math.round((Date.parse(headers.get('date') ?? '') - Date.now()) / 1000);
    if (!(Math.abs(ahead - this.#aheadSeconds) > CLOCK_SECONDS)) return false;
    this.#aheadSeconds = ahead;
    return true;
  }
}

/** Seconds by which two clocks may differ without anybody's refusing anything. */
const CLOCK_SECONDS = 60;

/** An upload in one piece that goes more slowly is given up. */
const LEAST_BYTES_PER_SECOND = 2 ** 15;

/** What a store says of what it has taken. */
const keptSchema = z.object({ cid: z.string().max(128) });

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
  const retryable = status >= 500 || status === 408 || status === 429;
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
