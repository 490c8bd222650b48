import { isError } from 'ethers';
import { isOutage } from '../../protocol/chain/outage.ts';
import type { BidCall, NodeAccount } from '../account.ts';
import { keepJobs, type JobView } from '../chain/state.ts';

/** So often in a row others' bids that wait for their block keep a bid on a job back; then what is in blocks counts alone. */
const BELIEVED = 2;

/**
 * What a bid would take if it were sent now: bids of others that wait for their block count, where the RPC shows them. Whoever offers
 * such a bid again and again and has it never mined keeps nobody back for long.
 */
export class Rehearsal {
  readonly #account: Pick<NodeAccount, 'tryBid'>;
  /** How often in a row pending bids kept a job's bid back. */
  readonly #keptBack = new Map<string, number>();
  /** The RPC answers nothing of pending blocks. */
  #blind = false;

  constructor(account: Pick<NodeAccount, 'tryBid'>) {
    this.#account = account;
  }

  /** Forgets what belongs to jobs that are over. */
  keepJobs(jobs: readonly JobView[]): void {
    keepJobs(this.#keptBack, jobs);
  }

  async taken(call: BidCall): Promise<bigint> {
    const [jobId] = call;
    const kept = this.#keptBack.get(jobId) ?? 0;
    this.#keptBack.delete(jobId);
    if (this.#blind || kept >= BELIEVED) return this.#account.tryBid(call, 'latest');
    try {
      const taken = await this.#account.tryBid(call, 'pending');
      if (taken === 0n) this.#keptBack.set(jobId, kept + 1);
      return taken;
    } catch (error) {
      if (isOutage(error) || isError(error, 'CALL_EXCEPTION')) throw error;
      this.#blind = true;
      return this.#account.tryBid(call, 'latest');
    }
  }
}
