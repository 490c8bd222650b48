import PQueue from 'p-queue';
import { decodeManifest } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { openTensors } from '../../protocol/trace.ts';
import { cardOf, type ModelCard } from './model-card.ts';

/** Largest manifest that is read for people: 4 MiB. */
const MAX_CARD_BYTES = 1 << 22;
/** Values of a tensor that is shown at most. */
export const MOST_VALUES = 4096;
/** Fetches at once, and how many wait behind them before more are told that there is nothing. */
const AT_ONCE = 4;
const MOST_WAITING = 200;
const GIVE_UP_MS = 5000;
const KEPT = 256;
/** What a store didn't have is asked for again after so many milliseconds. */
const ASK_AGAIN_MS = 30_000;

/** A tensor that is to be opened: its number, its form, and what the chain binds it to. */
export interface WantedTensor {
  readonly id: number;
  readonly spec: TensorSpec;
  readonly commitment: bigint;
}

/**
 * What the chain knows only by a digest, from stores that give it to everybody: bytes are addressed by that digest, so a store
 * can leave out and not lie. Absent is whatever is not there, not public, too large or malformed: none of it is money.
 */
export class Published {
  readonly #store: ArtifactStore | undefined;
  readonly #now: () => number;
  readonly #queue = new PQueue({ concurrency: AT_ONCE });
  readonly #kept = new Map<string, { readonly at: number; readonly value: Promise<unknown> }>();

  /** @param store undefined: nothing is there */
  constructor(store: ArtifactStore | undefined, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** @param digest the manifest's sha-256, as the model registry has it */
  card(digest: string): Promise<ModelCard | undefined> {
    return this.#once(digest, async (store, signal) =>
      cardOf(decodeManifest(await store.get(digest, { maxBytes: MAX_CARD_BYTES, signal }))),
    );
  }

  /**
   * Tensors of a bundle, each checked against its commitment.
   * @param digest the bundle's sha-256
   * @returns values by the order of `wanted`
   */
  tensors(
    digest: string,
    wanted: readonly WantedTensor[],
  ): Promise<readonly (readonly number[])[] | undefined> {
    if (wanted.some(({ spec }) => spec.count > MOST_VALUES)) return Promise.resolve(undefined);
    const key = [digest, ...wanted.map(({ id, commitment }) => `${id}:${commitment}`)].join(' ');
    return this.#once(key, async (store, signal) => {
      const opened = await openTensors(store, digest, wanted, signal);
      return opened.map(({ values }) => Array.from(values));
    });
  }

  #once<T>(
    key: string,
    fetch: (store: ArtifactStore, signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const store = this.#store;
    if (store === undefined) return Promise.resolve(undefined);
    const known = this.#kept.get(key);
    if (known !== undefined && known.at > this.#now()) return known.value as Promise<T | undefined>;
    if (this.#queue.size >= MOST_WAITING) return Promise.resolve(undefined);
    const value = this.#queue.add(() => fetch(store, AbortSignal.timeout(GIVE_UP_MS))).catch(() => undefined);
    this.#keep(key, value, Number.POSITIVE_INFINITY);
    void value.then((found) => {
      if (found === undefined) this.#keep(key, value, this.#now() + ASK_AGAIN_MS);
    });
    return value;
  }

  #keep(key: string, value: Promise<unknown>, at: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { at, value });
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}
