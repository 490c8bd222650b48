import { cidOf, artifactOf, type Artifact } from './digest.ts';
import { expectDigest } from './expect-digest.ts';
import { DEFAULT_MAX_BYTES, StoreError, type ArtifactStore, type GetOptions } from './store.ts';

/** Milliseconds without an answer after which a store counts as gone. */
const ANSWER_TIMEOUT = 60_000;

/** A store behind HTTP: `GET | PUT {url}/artifacts/{cid}`, as {@link serveStore} serves it. */
export class HttpStore implements ArtifactStore {
  readonly url: string;
  readonly #token: string | undefined;

  /** @param token sent as a bearer token with `put`, when the store asks for one */
  constructor(url: string, token?: string) {
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  async get(sha256: string, { maxBytes = DEFAULT_MAX_BYTES, signal }: GetOptions = {}): Promise<Uint8Array> {
    const where = `${this.url}/artifacts/${cidOf(sha256)}`;
    const response = await this.#ask(where, { signal });
    if (response.status === 404)
      throw new StoreError('STORE_NOT_FOUND', `no artifact ${sha256} at ${this.url}`);
    if (!response.ok) throw refused(where, response.status, await textOf(response));
    return expectDigest(await boundedBody(response, maxBytes, where), sha256, where);
  }

  async put(bytes: Uint8Array): Promise<Artifact> {
    const artifact = artifactOf(bytes);
    const where = `${this.url}/artifacts/${artifact.cid}`;
    const response = await this.#ask(where, {
      method: 'PUT',
      body: bytes as Uint8Array<ArrayBuffer>,
      headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
    });
    if (!response.ok) throw refused(where, response.status, await textOf(response));
    return artifact;
  }

  async #ask(where: string, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT);
    try {
      return await fetch(where, {
        ...init,
        signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
      });
    } catch (cause) {
      throw unreachable(where, cause);
    }
  }
}

function unreachable(where: string, cause: unknown): StoreError {
  return new StoreError('STORE_UNREACHABLE', `no answer from ${where}: ${(cause as Error).message}`, {
    cause,
    retryable: true,
  });
}

function refused(where: string, status: number, text: string): StoreError {
  const code = status === 507 ? 'STORE_FULL' : 'STORE_REFUSED';
  return new StoreError(code, `${where} answered ${status}: ${text}`, { retryable: status >= 500 });
}

async function textOf(response: Response): Promise<string> {
  const bytes = await boundedBody(response, 4096, response.url).catch(() => new Uint8Array());
  return new TextDecoder().decode(bytes);
}

/** The body, read no further than the bound: a hostile store may send without end. */
async function boundedBody(response: Response, maxBytes: number, where: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
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
  return Buffer.concat(parts);
}
