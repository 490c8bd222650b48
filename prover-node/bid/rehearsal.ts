import { isError } from 'ethers';
import { isOutage } from '../../protocol/chain/outage.ts';
import type { BidCall, NodeAccount } from '../account.ts';
import { keepJobs, type JobView } from '../chain/state.ts';

/** So often in a row others' bids that wait for their block keep a bid on a job back; then what is in blocks counts alone. */
const BELIEVED = 2;

/** Milliseconds before an RPC that answered nothing of pending blocks is asked for them again. */
const BLIND_MS = 300_000;

/**
 * What a bid would take if it were sent now: bids of others that wait for their block count, where the RPC shows them. Whoever offers
 * such a bid again and again and has it never mined keeps nobody back for long.
 */
export class Rehearsal {
  readonly #account: Pick<NodeAccount, 'tryBid'>;
  /** How often in a row pending bids kept a job's bid back. */
  readonly #keptBack = new Map<string, number>();
  readonly #clock: () => number;
  /** Until then the RPC isn't asked for pending blocks. */
  #blindUntil = Number.NEGATIVE_INFINITY;

  /** @param clock milliseconds, any origin */
  constructor(account: Pick<NodeAccount, 'tryBid'>, clock: () => number) {
    this.#account = account;
    this.#clock = clock;
  }

  /** Forgets what belongs to jobs that are over. */
  keepJobs(jobs: readonly JobView[]): void {
    keepJobs(this.#keptBack, jobs);
  }

  async taken(call: BidCall): Promise<bigint> {
    const [jobId] = call;
    const kept = this.#keptBack.get(jobId) ?? 0;
    this.#keptBack.delete(jobId);
    if (kept >= BELIEVED || this.#clock() < this.#blindUntil) return this.#account.tryBid(call, 'latest');
    const keptBack = (): void => void this.#keptBack.set(jobId, kept + 1);
    try {
      const taken = await this.#account.tryBid(call, 'pending');
      if (taken === 0n) keptBack();
      return taken;
    } catch (error) {
      // What waits for its block may also be what such a bid is refused for.
      if (isError(error, 'CALL_EXCEPTION')) keptBack();
      if (isError(error, 'CALL_EXCEPTION') || isOutage(error)) throw error;
      this.#blindUntil = this.#clock() + BLIND_MS;
      return this.#account.tryBid(call, 'latest');
    }
  }
}
