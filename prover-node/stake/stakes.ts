import { TRANSACTION_GAS } from '../../protocol/chain/sending/limits.ts';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { JobView, Snapshot } from '../chain/state.ts';
import type { Work, Workforce } from '../bid/capacity.ts';
import type { ChainPace } from './chain-pace.ts';
import type { Disk } from './disk.ts';
import type { ModelCatalog } from '../model/catalog.ts';
import type { Reason } from '../reasons.ts';
import { BLOCKS_A_STEP, gasLeft, type Measured, type StakeLimits } from './decide.ts';
import { asksForPublisher, whyNotListed, type Lists } from './lists.ts';
import { gasUnderWay, type UnderWayOptions } from './under-way.ts';

/** Settings may change: they are asked for each time. */
export interface StakesOptions {
  readonly limits: StakeLimits;
  /** For whom the operator lets it work. */
  readonly lists: Lists;
  readonly catalog: Pick<ModelCatalog, 'publisher' | 'whyNoPublisher'>;
  readonly capacity: Workforce;
  /** Between looks at the chain; undefined: with its blocks. */
  readonly pollSeconds: number | undefined;
  readonly pace: ChainPace;
  readonly disk: Disk;
  readonly underWay: UnderWayOptions;
}

/** What is put up by a transaction that the chain's state doesn't show yet. */
interface Promised {
  readonly amount: bigint;
  readonly gas: bigint;
  readonly works: readonly Work[];
  /** That it was mined in. */
  block?: number;
}

/** Seconds between looks at a chain whose blocks come faster. */
const LEAST_LOOK_SECONDS = 1;

/** What whoever decides about stakes knows besides the stake. */
export class Stakes {
  readonly #options: StakesOptions;
  readonly #promised = new Set<Promised>();
  #gasUnderWay = 0n;

  constructor(options: StakesOptions) {
    this.#options = options;
  }

  get limits(): StakeLimits {
    return this.#options.limits;
  }

  /** Looks at the chain; before anybody decides. */
  consider(snapshot: Snapshot): void {
    const { pace, disk, underWay } = this.#options;
    pace.consider(snapshot);
    disk.consider();
    this.#gasUnderWay = gasUnderWay(snapshot.jobs, underWay);
    for (const promised of this.#promised) {
      if (promised.block !== undefined && promised.block <= snapshot.block) this.#promised.delete(promised);
    }
  }

  /** Counts what a transaction puts up until the chain's state shows it, or it has failed. */
  async promising<Sent extends { readonly blockNumber: number }>(
    stake: Pick<Promised, 'amount' | 'gas' | 'works'>,
    send: () => Promise<Sent>,
  ): Promise<Sent> {
    const promised = this.#promise(stake);
    try {
      const sent = await send();
      promised.block = sent.blockNumber;
      return sent;
    } catch (error) {
      this.#promised.delete(promised);
      throw error;
    }
  }

  /** Counts what others may put up for the account by what it signed, until it is released. @returns releases it */
  promise(stake: Pick<Promised, 'amount' | 'gas' | 'works'>): () => void {
    const promised = this.#promise(stake);
    return () => void this.#promised.delete(promised);
  }

  #promise(stake: Pick<Promised, 'amount' | 'gas' | 'works'>): Promised {
    const promised: Promised = { ...stake };
    this.#promised.add(promised);
    return promised;
  }

  /** Proving that it binds the node to. */
  get works(): readonly Work[] {
    return [...this.#promised].flatMap(({ works }) => works);
  }

  /**
   * Why nothing is begun for a job, whatever it pays; asked before anything of it is fetched. What the account executes is
   * brought to its end all the same, its bond hangs on it: so is what it holds, which whoever asks has to look at.
   */
  whyNotServed(job: JobView): Reason | undefined {
    const { lists, catalog, underWay } = this.#options;
    const executes = job.state === 'claimed' || job.state === 'traced';
    if (executes && sameAddress(job.executor, underWay.account)) return undefined;
    const asked = asksForPublisher(lists);
    const publisher = asked ? catalog.publisher(job.modelId) : undefined;
    const refusal = whyNotListed({ ...job, publisher }, lists);
    return refusal ?? (asked && publisher === undefined ? catalog.whyNoPublisher(job.modelId) : undefined);
  }

  measured({ gasPrice, balance, reserved }: Snapshot): Measured {
    const { capacity, pollSeconds, pace, disk } = this.#options;
    const { lateSeconds, native, mostGas = TRANSACTION_GAS } = pace;
    const { diskFree } = disk;
    const { safety, workers } = capacity;
    const promised = [...this.#promised];
    const amount = promised.reduce((sum, stake) => sum + stake.amount, 0n);
    return {
      blockSeconds: pace.slowest(BLOCKS_A_STEP) / BLOCKS_A_STEP,
      pollSeconds: pollSeconds ?? Math.max(LEAST_LOOK_SECONDS, pace.slowest(1)),
      lateSeconds,
      safety,
      workers,
      gasPrice,
      mostGas,
      gasUnderWay: promised.reduce((sum, { gas }) => sum + gas, this.#gasUnderWay),
      native,
      diskFree,
      balance: balance > amount ? balance - amount : 0n,
      reserved: reserved + amount,
    };
  }

  /** Gas that can still be paid for, besides what is under way; undefined: not known yet. */
  gasLeft(snapshot: Snapshot): bigint | undefined {
    return gasLeft(this.measured(snapshot), this.limits);
  }
}
