import type { FolderStore } from '../../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { Piece } from './piece.ts';

type Key = Piece['key'];

/**
 * The keys that a worker proves with. A key is fetched once and held against its digest until it has proved; from then on its file
 * is believed, since a digest takes a good part of a proof's time, until a proof with it fails.
 */
export class Keys {
  readonly #store: ArtifactStore;
  readonly #cache: FolderStore;
  readonly #believed = new Set<string>();

  /** @param stores what the store gives is kept in the cache */
  constructor({ store, cache }: { readonly store: ArtifactStore; readonly cache: FolderStore }) {
    this.#store = store;
    this.#cache = cache;
  }

  /** The key's file, or its bytes where the disk had no room for them. @throws StoreError */
  async of({ sha256, bytes }: Key, signal: AbortSignal): Promise<string | Uint8Array> {
    if (this.#believed.has(sha256)) return this.#cache.pathOf(sha256);
    const key = await this.#store.get(sha256, { maxBytes: bytes, signal });
    return (await this.#cache.has(sha256)) ? this.#cache.pathOf(sha256) : key;
  }

  async proved({ sha256 }: Key): Promise<void> {
    if (await this.#cache.has(sha256)) this.#believed.add(sha256);
  }

  /** Whether the file was believed, and may have been damaged since: the next proof looks at it again. */
  doubt({ sha256 }: Key): boolean {
    return this.#believed.delete(sha256);
  }
}
