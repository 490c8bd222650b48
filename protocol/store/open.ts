import { FolderStore } from './folder-store.ts';
import type { StoreIdentity } from './signed-request.ts';
import { HttpStore } from './http-store.ts';
import { StoreChain } from './store-chain.ts';
import type { ArtifactStore } from './store.ts';

/**
 * The stores of a side's settings as one: the first is written to, all are asked in turn.
 * @param places `http(s)://…` or a folder, at least one
 * @param cache folder in which what was fetched is kept; without it nothing is
 * @param token for `put` at HTTP stores
 * @param identity signs what HTTP stores want signed
 */
export function openStore(
  places: readonly string[],
  cache?: string,
  token?: string,
  identity?: StoreIdentity,
): ArtifactStore {
  const stores = places.map((place) =>
    /^https?:\/\//.test(place) ? new HttpStore(place, token, undefined, identity) : new FolderStore(place),
  );
  return new StoreChain(stores, cache === undefined ? undefined : new FolderStore(cache));
}
