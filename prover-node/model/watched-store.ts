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

/** A node's stores, and which of those that are asked over HTTP gave no answer when they were last asked. */
export interface NodeStore {
  readonly store: ArtifactStore;
  /** By host. */
  readonly away: () => readonly string[];
  /** How many stores there are. */
  readonly count: number;
  /** Asks each for a sign of life. */
  look(): Promise<void>;
}

/** Milliseconds that a store has for a sign of life. */
const LOOK_MS = 3000;

/** The stores of a node as one, with a cache in front; a store that is away or lies is named in the log. */
export function openNodeStore({
  places,
  cache,
  token,
  identity,
  log,
  onFailure,
}: NodeStoreOptions): NodeStore {
  const away = new Set<string>();
  const overHttp = places.filter((place) => /^https?:\/\//.test(place));
  const stores = places.map((place) => {
    const store = openPlace(place, { token, identity });
    const named = async <T>(sha256: string | undefined, work: Promise<T>): Promise<T> => {
      try {
        const done = await work;
        away.delete(place);
        return done;
      } catch (error) {
        if (error instanceof StoreError) {
          if (error.code === 'STORE_UNREACHABLE') away.add(place);
          else away.delete(place);
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
  return {
    store: new StoreChain(stores, cache),
    away: () => [...away].map((place) => new URL(place).host),
    count: places.length,
    async look() {
      await Promise.all(
        overHttp.map(async (place) => {
          const url = `${place.replace(/\/+$/, '')}/health`;
          const answer = await fetch(url, { signal: AbortSignal.timeout(LOOK_MS) }).catch(() => undefined);
          // Any answer will do: not every store has this page.
          await answer?.body?.cancel();
          if (answer) away.delete(place);
          else away.add(place);
        }),
      );
    },
  };
}
