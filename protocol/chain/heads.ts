import type { JsonRpcProvider } from 'ethers';
import { sleep } from '../sleep.ts';
import { readHead, type Head } from './head.ts';

/** Gaps between blocks that their pace is measured over. */
const GAPS = 16;
/** Blocks that a first guess of the pace is made over. */
const HISTORY = 32;
/** Seconds between looks at the least and at the most, whatever the pace of blocks: a chain may mine on demand. */
const LEAST_SECONDS = 1;
const MOST_SECONDS = 12;
/** Of the time between two blocks: a little less, so that looks don't fall behind the blocks. */
const NEXT_BLOCK = 0.99;
/** Of the time between two blocks, where the next has not come when it was expected. */
const LATE_BLOCK = 0.25;

/** Calls a minute of who is idle, at the most: some services bill each, and many idle nodes are many calls. */
const IDLE_CALLS = 18;

/** Seconds between looks of who is idle. @param calls of a look */
export function idleSeconds(calls: number): number {
  return (60 / IDLE_CALLS) * calls;
}

/** What time it is, in milliseconds of any origin, and waiting for a later one, which the signal ends. */
export interface Time {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const MACHINE: Time = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, signal).catch(() => undefined),
};

interface Waiter {
  readonly than: string | undefined;
  readonly restSeconds: () => number;
  readonly resolve: (head: Head) => void;
  readonly reject: (error: unknown) => void;
}

export interface NextOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds between looks at the least, for who is in no hurry; asked before each. Default: none. */
  readonly restSeconds?: (() => number) | undefined;
}

/**
 * The chain's head, looked at once for all that wait for it, as often as blocks come and only while somebody waits. How
 * often that is is learned: a look is made when the next block is expected, and again a quarter of a block later while it
 * has not come.
 */
export class Heads {
  readonly #read: (block?: number) => Promise<Head>;
  readonly #time: Time;
  #fixedSeconds: number | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #gaps: number[] = [];
  #latest: Head | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #missed = 0;
  #shorter = false;
  #looking: Promise<Head> | undefined;
  #polling = false;
  #wake = new AbortController();

  /** @param read reads a block, the latest one by default */
  constructor(read: (block?: number) => Promise<Head>, time: Time = MACHINE) {
    this.#read = read;
    this.#time = time;
  }

  /** From now on the head is looked at so often, whatever the pace of blocks. */
  lookEvery(seconds: number): void {
    this.#fixedSeconds = seconds;
  }

  /** Seconds between blocks: half of the last came faster. 0 until there were two. */
  get blockSeconds(): number {
    return [...this.#gaps].sort((a, b) => a - b)[Math.floor(this.#gaps.length / 2)] ?? 0;
  }

  /** Seconds between looks while somebody is in a hurry. */
  get lookSeconds(): number {
    return this.#fixedSeconds ?? Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, this.blockSeconds));
  }

  /** As it was when it was last looked at. */
  get latest(): Head | undefined {
    return this.#latest;
  }

  /** When the chain last said what its head is: milliseconds of `performance.now`. */
  get lookedAt(): number {
    return this.#lookedAt;
  }

  /**
   * The head as it was at most one look ago.
   * @param anew the head as it is
   * @throws what the provider throws when it is away
   */
  async now(anew = false): Promise<Head> {
    return (anew ? undefined : this.recent) ?? this.#look();
  }

  /** The head as it was at most one look ago; undefined when it was not looked at since. */
  get recent(): Head | undefined {
    return this.#time.now() < this.#lookedAt + 1000 * this.lookSeconds ? this.#latest : undefined;
  }

  /** Somebody who rests has become in a hurry: the time of the next look is reckoned anew. */
  hurry(): void {
    this.#wake.abort();
  }

  /**
   * The first head that is another than one that is known, once it is there.
   * @throws what the provider throws when it is away; the signal's reason
   */
  next(
    than: Pick<Head, 'hash'> | undefined,
    { signal, restSeconds = () => 0 }: NextOptions = {},
  ): Promise<Head> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const ended = (): void => waiter.reject(signal?.reason);
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', ended);
        // Nothing is left to be slept for, and a timer keeps a process.
        if (this.#waiters.size === 0) this.hurry();
      };
      const waiter: Waiter = {
        than: than?.hash,
        restSeconds,
        resolve: (head) => {
          leave();
          resolve(head);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      signal?.addEventListener('abort', ended, { once: true });
      this.#waiters.add(waiter);
      const { lookedAt } = this;
      if (
        this.#latest &&
        this.#latest.hash !== than?.hash &&
        lookedAt > this.#time.now() - 1000 * this.lookSeconds
      ) {
        return waiter.resolve(this.#latest);
      }
      // One that is in more of a hurry than those before it.
      this.hurry();
      if (!this.#polling) void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#waiters.size > 0) {
      const wait = this.#dueAt() - this.#time.now();
      if (wait > 0) {
        this.#wake = new AbortController();
        await this.#time.sleep(wait, this.#wake.signal);
        continue;
      }
      const asked = [...this.#waiters];
      await this.#look().catch((error: unknown) => asked.forEach(({ reject }) => reject(error)));
    }
    this.#polling = false;
  }

  #dueAt(): number {
    if (this.#fixedSeconds !== undefined) return this.#lookedAt + 1000 * this.#fixedSeconds;
    const share = this.#missed === 0 ? NEXT_BLOCK : LATE_BLOCK;
    const rest = Math.min(...[...this.#waiters].map(({ restSeconds }) => restSeconds()));
    return this.#lookedAt + 1000 * Math.max(share * this.lookSeconds, rest, LATE_BLOCK * LEAST_SECONDS);
  }

  /** One look for all that want one now. */
  #look(): Promise<Head> {
    return (this.#looking ??= this.#lookNow()
      .then((head) => {
        for (const { than, resolve } of this.#waiters) if (than !== head.hash) resolve(head);
        return head;
      })
      .finally(() => (this.#looking = undefined)));
  }

  async #lookNow(): Promise<Head> {
    const head = await this.#read();
    this.#lookedAt = this.#time.now();
    const last = this.#latest;
    // Of a service's many machines some lag: the chain is shorter when two looks in a row find it so.
    const lags = last !== undefined && head.number < last.number && !this.#shorter;
    this.#shorter = lags;
    if (lags || head.hash === last?.hash) {
      this.#missed++;
      return last ?? head;
    }
    this.#latest = head;
    this.#missed = 0;
    if (last && head.number > last.number) {
      this.#gaps.push((head.timestamp - last.timestamp) / (head.number - last.number));
      if (this.#gaps.length > GAPS) this.#gaps.shift();
    } else if (!last && this.#fixedSeconds === undefined && head.number > 1) {
      // A first guess; a service that keeps no old blocks gives none.
      const before = await this.#read(Math.max(1, head.number - HISTORY)).catch(() => undefined);
      if (before) this.#gaps.push((head.timestamp - before.timestamp) / (head.number - before.number));
    }
    return head;
  }
}

const shared = new WeakMap<JsonRpcProvider, Heads>();

/** The heads of a provider's chain, the same for all that ask. */
export function headsOf(provider: JsonRpcProvider): Heads {
  const known = shared.get(provider);
  if (known) return known;
  const heads = new Heads((block) => readHead(provider, block));
  shared.set(provider, heads);
  return heads;
}
