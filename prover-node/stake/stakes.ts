import type { Snapshot } from '../chain/state.ts';
import type { Capacity } from '../bid/capacity.ts';
import type { ChainPace } from './chain-pace.ts';
import type { Measured, StakeLimits } from './decide.ts';

/** Seconds between looks at a chain whose blocks come faster. */
const LEAST_LOOK_SECONDS = 1;

/** What whoever decides about stakes knows besides the stake. */
export class Stakes {
  readonly limits: StakeLimits;
  readonly #capacity: Capacity;
  readonly #pollSeconds: number | undefined;
  readonly #pace: ChainPace;

  /** @param pollSeconds between looks at the chain; undefined: with its blocks */
  constructor(limits: StakeLimits, capacity: Capacity, pollSeconds: number | undefined, pace: ChainPace) {
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
    const { blockSeconds, native } = this.#pace;
    const { safety, workers } = this.#capacity;
    return {
      blockSeconds,
      pollSeconds: this.#pollSeconds ?? Math.max(LEAST_LOOK_SECONDS, blockSeconds),
      safety,
      workers,
      gasPrice,
      native,
      balance,
      reserved,
    };
  }
}
