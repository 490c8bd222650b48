import type { Artifact } from './digest.ts';
import type { FolderStore } from './folder-store.ts';
import { StoreError, type ArtifactStore, type GetOptions } from './store.ts';

/**
 * A local folder in front of one or more remote stores, asked in turn: the next one is asked when a store is
 * unreachable, has not got the artifact or lies. What was fetched is kept, so that keys are fetched once.
 */
export class CachedStore implements ArtifactStore {
  readonly #local: FolderStore;
  readonly #remotes: readonly ArtifactStore[];

  constructor(local: FolderStore, remotes: readonly ArtifactStore[]) {
    this.#local = local;
    this.#remotes = remotes;
  }

  async get(sha256: string, options: GetOptions = {}): Promise<Uint8Array> {
    let failure: unknown;
    // A damaged local copy is as good as none: the remotes are asked, and `put` writes it anew.
    for (const store of [this.#local, ...this.#remotes]) {
      try {
        const bytes = await store.get(sha256, options);
        if (store !== this.#local) await this.#local.put(bytes);
        return bytes;
      } catch (error) {
        // The remotes' failure says more than the cache's miss, and a lie says more than an absence.
        if (!(failure instanceof StoreError && failure.code === 'STORE_WRONG_BYTES')) failure = error;
        options.signal?.throwIfAborted();
      }
    }
    throw failure;
  }

  /** Keeps the bytes here and at the first remote store, which is the one that is written to. */
  async put(bytes: Uint8Array): Promise<Artifact> {
    const artifact = await this.#local.put(bytes);
    await this.#remotes[0]?.put(bytes);
    return artifact;
  }
}
