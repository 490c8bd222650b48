import pRetry from 'p-retry';
import type { Log } from '../log.ts';
import type { Artifact } from './digest.ts';
import { StoreError, type ArtifactStore, type GetOptions, type PutOptions } from './store.ts';

/** Tries after the first: some eight seconds in all, in which a store that is started again answers. */
const RETRIES = 5;
/** What doesn't pass while somebody waits, though it may later. */
const STAYS = new Set(['STORE_FULL', 'STORE_QUOTA']);

/**
 * A store for whoever asks once and ends, as commands do: what passes (a lost answer, a 500, a store whose chain is away) is
 * waited out, with a word. Services have their own ways of coming back to what failed. Asking again is safe: an artifact is
 * addressed by its digest.
 */
export class PatientStore implements ArtifactStore {
  readonly #store: ArtifactStore;
  readonly #log: Log;

  constructor(store: ArtifactStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  get(sha256: string, options: GetOptions = {}): Promise<Uint8Array> {
    return this.#patiently(() => this.#store.get(sha256, options), options.signal);
  }

  put(bytes: Uint8Array, options?: PutOptions): Promise<Artifact> {
    return this.#patiently(() => this.#store.put(bytes, options));
  }

  #patiently<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return pRetry(ask, {
      retries: RETRIES,
      minTimeout: 250,
      signal,
      shouldRetry: ({ error }) => passes(error),
      onFailedAttempt: ({ error, retriesLeft }) => {
        if (passes(error) && retriesLeft > 0)
          this.#log.warn({ reason: error.message }, 'waiting for the store');
      },
    });
  }
}

function passes(error: unknown): boolean {
  return error instanceof StoreError && error.retryable && !STAYS.has(error.code);
}
