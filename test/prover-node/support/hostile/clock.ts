interface Hold {
  readonly at: number;
  readonly wake: () => void;
}

const NEVER = new AbortController().signal;

/** A clock that goes on when it is told to, and whoever sleeps by it. Milliseconds. */
export class Clock {
  #now: number;
  #holds: Hold[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** How many sleep. */
  get held(): number {
    return this.#holds.length;
  }

  /** Rejects when the signal aborts. */
  sleep(milliseconds: number, signal = NEVER): Promise<void> {
    return new Promise((wake, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const hold = { at: this.#now + milliseconds, wake };
      this.#holds.push(hold);
      signal.addEventListener('abort', () => {
        this.#holds = this.#holds.filter((other) => other !== hold);
        reject(signal.reason as Error);
      });
    });
  }

  /** Goes on to a time; wakes whose time comes, one after the other, and lets each do what it does. */
  async advance(to: number, settle: () => Promise<void>): Promise<void> {
    for (;;) {
      const [next] = [...this.#holds].sort((a, b) => a.at - b.at);
      if (this.#holds.length === 0 || next.at > to) break;
      this.#holds = this.#holds.filter((hold) => hold !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settle();
    }
    this.#now = Math.max(this.#now, to);
  }
}
