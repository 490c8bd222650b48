import type { Log } from '../../protocol/log.ts';
import type { FolderStore } from '../../protocol/store/folder-store.ts';
import { openPlace } from '../../protocol/store/open.ts';
import type { StoreIdentity } from '../../protocol/store/signed-request.ts';
import { StoreChain } from '../../protocol/store/store-chain.ts';
import { StoreError, type ArtifactStore } from '../../protocol/store/store.ts';

export interface NodeStoreOptions {
  /** URLs or folders, asked in turn; the first is written to. */
  readonly places: readonly string[];
  readonly cache: FolderStore;
  readonly token: string | undefined;
  /** Signs what HTTP stores want signed. */
  readonly identity?: StoreIdentity;
  readonly log: Log;
  /** Called with the code of every failure of one store, also when another one helps out. */
  readonly onFailure: (code: string) => void;
}

/** The stores of a node as one, with a cache in front; a store that is away or lies is named in the log. */
export function openNodeStore({
  places,
  cache,
  token,
  identity,
  log,
  onFailure,
}: NodeStoreOptions): ArtifactStore {
  const stores = places.map((place) => {
    const store = openPlace(place, { token, identity });
    const named = async <T>(sha256: string | undefined, work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        if (error instanceof StoreError) {
          onFailure(error.code);
          log.warn({ store: place, sha256, code: error.code, reason: error.message }, 'store failed');
        }
        throw error;
      }
    };
    return {
      get: (sha256, options) => named(sha256, store.get(sha256, options)),
      put: (bytes, options) => named(undefined, store.put(bytes, options)),
    } satisfies ArtifactStore;
  });
  return new StoreChain(stores, cache);
}
