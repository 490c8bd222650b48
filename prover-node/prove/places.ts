import { NodeError } from '../errors.ts';

/** Slices that a stake hangs on, by name, as the chain stood when it was last looked at. */
export interface Stakes {
  /** What has to be proved now. */
  readonly due: ReadonlySet<string>;
  /** What has to be proved once its window has closed: in so many seconds. */
  readonly soon: ReadonlyMap<string, number>;
  /** All that collateral or a bond hangs on. */
  readonly bound: ReadonlySet<string>;
}

interface Run {
  readonly giving: AbortController;
  /** Whether it is made for a stake. */
  staked: boolean;
}

const NONE: Stakes = { due: new Set(), soon: new Map(), bound: new Set() };

/**
 * What a node's workers do, by name, and what goes first on them.
 *
 * What is at stake, a hold or a slice of a job that the account executed, was taken on with the time of every other such
 * reckoned in (`stake/bound.ts`, `bid/capacity.ts`). What isn't was not: a slice that is open to all, a hold that has lapsed, the
 * first proof of a circuit that somebody's job brings. So that is begun only on a worker that none of those needs, goes last, and
 * is given up, half made as it is, as soon as what is at stake finds no worker free. A stake never waits for it, however long it
 * takes and however much of it there is.
 */
export class Places {
  #count: number;
  readonly #running = new Map<string, Run>();
  readonly #waiting = new Set<() => void>();
  #stakes = NONE;
  #waiters = 0;
  #stopped = false;

  /** @param count how many work at once */
  constructor(count: number) {
    this.#count = count;
  }

  /** Workers on other machines come and go. */
  resize(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.#wake();
  }

  /** How many wait for a worker to spare. */
  get waiting(): number {
    return this.#waiters;
  }

  /** Whether it is under way. */
  has(name: string): boolean {
    return this.#running.has(name);
  }

  /** Whether it is made for a stake, if it is begun now. */
  isStaked(name: string): boolean {
    const { due, soon } = this.#stakes;
    return due.has(name) || soon.has(name);
  }

  /** Gives up as much that nothing hangs on as it takes for all that is due to have a worker. */
  consider(stakes: Stakes): void {
    this.#stakes = stakes;
    const missing = [...stakes.due].filter((name) => !this.#running.has(name)).length;
    let over = this.#running.size + missing - this.#count;
    for (const [name, run] of this.#running) {
      // What is proved for a stake is finished while it is one, whatever else is planned by then.
      run.staked = this.isStaked(name) || (run.staked && stakes.bound.has(name));
      if (run.staked || over <= 0) continue;
      run.giving.abort();
      over--;
    }
    this.#wake();
  }

  /** Whether a worker is free for so many seconds for what nothing hangs on. */
  hasSpare(seconds: number): boolean {
    const { due, soon } = this.#stakes;
    const sooner = [...soon].filter(([, from]) => !(seconds <= from)).map(([name]) => name);
    return new Set([...this.#running.keys(), ...due, ...sooner]).size < this.#count;
  }

  /**
   * Does what is at stake at once, anything else if a worker is to spare.
   * @param make gets the signal that gives it up
   * @returns whether it is done: not when there was no worker, or it gave way
   */
  async tryNow(
    name: string,
    seconds: number,
    make: (signal: AbortSignal, staked: boolean) => Promise<void>,
  ): Promise<'done' | 'no worker' | 'gave way'> {
    const staked = this.isStaked(name);
    if (this.has(name) || (!staked && !this.hasSpare(seconds))) return 'no worker';
    const done = await this.#begin(name, staked, (signal) => make(signal, staked));
    return done ? 'done' : 'gave way';
  }

  /**
   * Does what nothing hangs on when there is a worker to spare, from the beginning again where it gave way; at once when a stake
   * comes to need it.
   * @throws the reason of the signal when that aborts; NodeError NODE_WORKSHOP_CLOSED when nothing new is begun any more
   */
  async whenSpare<T>(
    name: string,
    seconds: number,
    make: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#stopped)
        throw new NodeError('NODE_WORKSHOP_CLOSED', 'the node is stopping', { retryable: true });
      if (!this.isStaked(name) && !this.hasSpare(seconds)) {
        await this.#change(signal);
        continue;
      }
      const done = await this.#begin(name, this.isStaked(name), make);
      if (done) return done.made;
    }
  }

  /** From now on nothing that waits is begun. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #begin<T>(
    name: string,
    staked: boolean,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly made: T } | undefined> {
    const giving = new AbortController();
    this.#running.set(name, { giving, staked });
    try {
      // Its worker is free at once, whatever it was about.
      return { made: await Promise.race([make(giving.signal), aborted(giving.signal)]) };
    } catch (error) {
      if (giving.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#running.delete(name);
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }

  /** Resolves when it may have changed who needs a worker. */
  async #change(signal: AbortSignal): Promise<void> {
    this.#waiters++;
    const left = new AbortController();
    try {
      await Promise.race([
        new Promise<void>((wake) => this.#waiting.add(wake)),
        aborted(AbortSignal.any([signal, left.signal])),
      ]);
    } finally {
      this.#waiters--;
      left.abort();
    }
  }
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
