import type { Artifact } from './digest.ts';
import { StoreError, type ArtifactStore, type GetOptions, type PutOptions } from './store.ts';

/**
 * Several stores as one, asked in turn: the next one is asked when a store is unreachable, has not got the
 * artifact or lies. The first is written to. With a local cache in front, what was fetched is kept there, so
 * that keys are fetched once.
 */
export class StoreChain implements ArtifactStore {
  readonly #stores: readonly ArtifactStore[];
  readonly #cache: ArtifactStore | undefined;

  /** @param stores at least one, or a cache */
  constructor(stores: readonly ArtifactStore[], cache?: ArtifactStore) {
    this.#stores = stores;
    this.#cache = cache;
  }

  async get(sha256: string, options: GetOptions = {}): Promise<Uint8Array> {
    let failure: unknown = new StoreError(
      'STORE_NOT_FOUND',
      `no artifact ${sha256}: there is no store to ask`,
    );
    // A damaged cached copy is as good as none: the stores are asked, and `put` writes it anew.
    for (const store of this.#cache ? [this.#cache, ...this.#stores] : this.#stores) {
      try {
        const bytes = await store.get(sha256, options);
        // What the disk has no room for is there all the same.
        if (store !== this.#cache) await this.#cache?.put(bytes).catch(() => undefined);
        return bytes;
      } catch (error) {
        if (tells(error) >= tells(failure)) failure = error;
        options.signal?.throwIfAborted();
      }
    }
    throw failure;
  }

  async put(bytes: Uint8Array, options: PutOptions = {}): Promise<Artifact> {
    const [first] = [...this.#stores, ...(this.#cache ? [this.#cache] : [])];
    if (!first) throw new StoreError('STORE_REFUSED', 'there is no store to write to');
    const artifact = await first.put(bytes, options);
    if (this.#cache && first !== this.#cache) await this.#cache.put(bytes);
    return artifact;
  }
}

/**
 * How much a failure says of whether the artifact can be had: one that passes leaves it open, a lie says more than an absence,
 * and what a store says last more than the cache's miss.
 */
function tells(failure: unknown): number {
  if (!(failure instanceof StoreError)) return 0;
  if (failure.retryable) return 2;
  return failure.code === 'STORE_WRONG_BYTES' ? 1 : 0;
}
