import type { Snapshot } from '../chain/state.ts';
import type { Capacity } from '../bid/capacity.ts';
import type { ChainPace } from './chain-pace.ts';
import type { Measured, StakeLimits } from './decide.ts';

/** What whoever decides about stakes knows besides the stake. */
export class Stakes {
  readonly limits: StakeLimits;
  readonly #capacity: Capacity;
  readonly #pollSeconds: number;
  readonly #pace: ChainPace;

  constructor(limits: StakeLimits, capacity: Capacity, pollSeconds: number, pace: ChainPace) {
    this.limits = limits;
    this.#capacity = capacity;
    this.#pollSeconds = pollSeconds;
    this.#pace = pace;
  }

  /** Looks at the chain; before anybody decides. */
  consider(snapshot: Snapshot): void {
    this.#pace.consider(snapshot);
  }

  measured({ gasPrice, balance, reserved }: Snapshot): Measured {
    const { blockSeconds, lateSeconds, native } = this.#pace;
    const { safety, workers } = this.#capacity;
    return {
      blockSeconds,
      lateSeconds,
      pollSeconds: this.#pollSeconds,
      safety,
      workers,
      gasPrice,
      native,
      balance,
      reserved,
    };
  }
}
