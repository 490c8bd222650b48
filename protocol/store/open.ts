import { FolderStore } from './folder-store.ts';
import type { StoreIdentity } from './signed-request.ts';
import { HttpStore } from './http-store.ts';
import { S3Store } from './s3-store.ts';
import { StoreChain } from './store-chain.ts';
import type { ArtifactStore } from './store.ts';

export interface StoreAccess {
  /** For `put` at HTTP stores. */
  readonly token?: string | undefined;
  /** Signs what HTTP stores want signed. */
  readonly identity?: StoreIdentity | undefined;
}

/**
 * One store of a side's settings.
 * @param place `http(s)://…`, `s3://bucket/prefix` or a folder
 * @throws ConfigError STORE_S3_PLACE, STORE_S3_KEYS
 */
export function openPlace(place: string, { token, identity }: StoreAccess = {}): ArtifactStore {
  if (/^https?:\/\//.test(place)) return new HttpStore(place, { token, identity });
  if (place.startsWith('s3:')) return new S3Store(place, process.env);
  return new FolderStore(place);
}

/**
 * The stores of a side's settings as one: the first is written to, all are asked in turn.
 * @param places as {@link openPlace} takes them, at least one
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
  const stores = places.map((place) => openPlace(place, { token, identity }));
  return new StoreChain(stores, cache === undefined ? undefined : new FolderStore(cache));
}
