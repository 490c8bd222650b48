import { getAddress } from 'ethers';
import { executionBond } from '../contracts/bond.ts';
import type { Contracts } from '../contracts/market.ts';
import { readModel } from '../contracts/model.ts';
import { JOB_STATES } from '../contracts/states.ts';

/** A job as far as it matters to whom its tensors belong. Times in seconds of the chain. */
export interface JobStakes {
  /** Who brought it, and who brought its trace, if anybody did. */
  readonly parties: readonly string[];
  /** The last second in which anything can become of it; undefined while that isn't known. */
  readonly overBy: number | undefined;
  /** What the least stake in it takes of a ledger: the collateral of its smallest slice, or the bond of its execution. */
  readonly leastStake: bigint;
}

/** Reads from the market who has a stake in what. */
export class Stakes {
  readonly #contracts: Contracts;
  readonly #weights = new Map<string, bigint>();

  constructor(contracts: Contracts) {
    this.#contracts = contracts;
  }

  /** Whether an account has anything in the market's ledger. */
  async holdsAnything(account: string): Promise<boolean> {
    return (await this.#ledgerOf(account)) > 0n;
  }

  async isOperator(account: string, signer: string): Promise<boolean> {
    return (await this.#contracts.market.operatorOf(account, signer)).maxDaily > 0n;
  }

  async job(jobId: string): Promise<JobStakes> {
    const job = await this.#contracts.market.jobOf(jobId);
    const over = ['finalized', 'closed'].includes(JOB_STATES[Number(job.state)]);
    const times = [job.claimEnd, job.commitBy, job.deadline, job.closing, job.cancelEnd];
    const collateral =
      ((await this.#leastWeight(job.modelId)) * job.highUnitPrice * job.offer.collateralBps) / 10_000n;
    const bond = executionBond(job.execution.maxPrice, job.initialEscrow);
    return {
      parties: [job.requester, job.executor].filter((party) => BigInt(party) !== 0n).map(lower),
      overBy: over ? Number(times.reduce(larger, job.postedAt)) : undefined,
      leastStake: collateral > 0n && collateral < bond ? collateral : bond,
    };
  }

  /** Whether an account may take a part in a job that it has none in yet, and has what that takes. */
  async mayTakePart(jobId: string, account: string, { leastStake }: JobStakes): Promise<boolean> {
    const [admitted, ledger] = await Promise.all([
      this.#contracts.market.admits(jobId, account),
      this.#ledgerOf(account),
    ]);
    return admitted && ledger >= leastStake;
  }

  async #ledgerOf(account: string): Promise<bigint> {
    const { balance, reserved } = await this.#contracts.market.accountOf(getAddress(account));
    return balance + reserved;
  }

  async #leastWeight(modelId: string): Promise<bigint> {
    const known = this.#weights.get(modelId);
    if (known !== undefined) return known;
    const { slices } = await readModel(this.#contracts, modelId);
    const weights = slices.map(({ weight }) => weight).filter((weight) => weight > 0);
    const least = weights.length === 0 ? 0n : BigInt(Math.min(...weights));
    this.#weights.set(modelId, least);
    return least;
  }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function lower(address: string): string {
  return address.toLowerCase();
}
