interface Hold {
  readonly at: number;
  readonly wake: () => void;
}

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

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#holds.push({ at: this.#now + milliseconds, wake }));
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
