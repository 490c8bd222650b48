import { AwsClient } from 'aws4fetch';
import { ConfigError } from '../errors.ts';
import { patience, type Patience } from '../patience.ts';
import { keepSecret } from '../secrets.ts';
import { artifactOf, cidOf, type Artifact } from './digest.ts';
import { ask, boundedBody, IDLE_MS, textOf } from './exchange.ts';
import { expectDigest } from './expect-digest.ts';
import { DEFAULT_MAX_BYTES, StoreError, type ArtifactStore, type GetOptions } from './store.ts';

/** The variables that programs for S3 have in common. */
export interface S3Environment {
  readonly AWS_ACCESS_KEY_ID?: string;
  readonly AWS_SECRET_ACCESS_KEY?: string;
  readonly AWS_SESSION_TOKEN?: string;
  readonly AWS_REGION?: string;
  readonly AWS_ENDPOINT_URL_S3?: string;
}

/** An upload that goes more slowly is given up. */
const LEAST_BYTES_PER_SECOND = 2 ** 15;

/** A service that is no AWS has one region, called so by custom. */
const REGION = 'us-east-1';

/**
 * A bucket of a service that speaks S3: `s3://bucket/prefix`, an artifact under `prefix/{cid}`. Whoever has the bucket's keys
 * puts and gets everything there: a bucket knows no stakes.
 */
export class S3Store implements ArtifactStore {
  readonly #place: string;
  readonly #folder: string;
  readonly #client: AwsClient;
  readonly #idleMs: number;

  /**
   * @param place `s3://bucket/prefix`
   * @param env keys, region and endpoint, by the names that other programs use; the endpoint of AWS where none is named
   * @param idleMs milliseconds without a byte after which the service counts as gone
   * @throws ConfigError STORE_S3_PLACE, STORE_S3_KEYS
   */
  constructor(place: string, env: S3Environment, idleMs: number = IDLE_MS) {
    const parsed = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/[\w./-]*)?$/.exec(place);
    if (!parsed) {
      throw new ConfigError('STORE_S3_PLACE', `expected s3://bucket or s3://bucket/prefix, got ${place}`);
    }
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new ConfigError('STORE_S3_KEYS', `${place} needs keys, and the environment has none`, {
        hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_REGION and AWS_ENDPOINT_URL_S3 where they differ from us-east-1 and AWS.',
      });
    }
    keepSecret(AWS_SECRET_ACCESS_KEY);
    if (AWS_SESSION_TOKEN) keepSecret(AWS_SESSION_TOKEN);
    const region = AWS_REGION ?? REGION;
    const endpoint = env.AWS_ENDPOINT_URL_S3 ?? `https://s3.${region}.amazonaws.com`;
    this.#place = place;
    this.#folder = [endpoint, parsed[1], ...(parsed[2] ?? '').split('/')].filter(Boolean).join('/');
    this.#idleMs = idleMs;
    this.#client = new AwsClient({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
      region,
      service: 's3',
    });
  }

  async get(sha256: string, { maxBytes = DEFAULT_MAX_BYTES, signal }: GetOptions = {}): Promise<Uint8Array> {
    const waiting = patience(this.#idleMs, signal);
    try {
      const { response, where } = await this.#ask('GET', sha256, undefined, waiting);
      return expectDigest(await boundedBody(response, maxBytes, where, waiting), sha256, where);
    } finally {
      waiting.end();
    }
  }

  async put(bytes: Uint8Array): Promise<Artifact> {
    const artifact = artifactOf(bytes);
    // How far a signed body has come can't be seen.
    const waiting = patience(this.#idleMs + (bytes.length / LEAST_BYTES_PER_SECOND) * 1000);
    try {
      const { response, where } = await this.#ask('PUT', artifact.sha256, bytes, waiting);
      await response.body?.cancel();
      if (response.headers.has('etag')) return artifact;
      // A page of whatever stands between.
      throw new StoreError('STORE_REFUSED', `${where} answered ${response.status} and names no ETag`, {
        retryable: true,
      });
    } finally {
      waiting.end();
    }
  }

  async #ask(
    method: 'GET' | 'PUT',
    sha256: string,
    body: Uint8Array | undefined,
    waiting: Patience,
  ): Promise<{ readonly response: Response; readonly where: string }> {
    const where = `${this.#folder}/${cidOf(sha256)}`;
    // What is sent is signed by its digest: the service refuses what came otherwise.
    const content = { 'x-amz-content-sha256': body ? sha256.slice(2) : EMPTY };
    const { headers } = await this.#client.sign(where, { method, headers: content });
    const response = await ask(
      where,
      { method, headers, ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}) },
      waiting,
    );
    if (response.ok) return { response, where };
    const text = await textOf(response, waiting);
    throw this.#refused(response.status, sha256, text);
  }

  #refused(status: number, sha256: string, text: string): StoreError {
    const said = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1] ?? text;
    if (status === 404 && said !== 'NoSuchBucket') {
      return new StoreError('STORE_NOT_FOUND', `no artifact ${sha256} in ${this.#place}`);
    }
    const message = `${this.#place} answered ${status}: ${said}`;
    if (status === 401 || status === 403) {
      return new StoreError('STORE_FORBIDDEN', message, {
        hint: 'Its keys, in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, have to be let read and write there.',
      });
    }
    const full = status === 507;
    return new StoreError(full ? 'STORE_FULL' : 'STORE_REFUSED', message, {
      retryable: status >= 500 || status === 408 || status === 429,
    });
  }
}

/** SHA-256 of nothing. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
