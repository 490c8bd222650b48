import type { Interface, Log } from 'ethers';
import { BID_REFUSALS, type BidRefusal } from './states.ts';

/** What became of one bid of a call of `bidSigned`. */
export interface BidOutcome {
  readonly jobId: string;
  readonly prover: string;
  /** The slices that it took, as bits. */
  readonly taken: bigint;
  /** Why there are none. */
  readonly refused: BidRefusal | undefined;
}

/** What a transaction tells of each bid that it brought, in their order: the slices it took and its nonce's end, or why it was refused. */
export function outcomesOf(market: Interface, logs: readonly Pick<Log, 'topics' | 'data'>[]): BidOutcome[] {
  const outcomes: BidOutcome[] = [];
  let [jobId, prover, taken] = ['', '', 0n];
  for (const log of logs) {
    const parsed = market.parseLog(log);
    switch (parsed?.name) {
      case 'BidPlaced':
        jobId = String(parsed.args.jobId);
        prover = String(parsed.args.prover);
        taken |= parsed.args.slices as bigint;
        break;
      case 'NonceUsed':
        outcomes.push({ jobId, prover, taken, refused: undefined });
        taken = 0n;
        break;
      case 'SignedBidRefused':
        outcomes.push({
          jobId: String(parsed.args.jobId),
          prover: String(parsed.args.prover),
          taken: 0n,
          refused: BID_REFUSALS[Number(parsed.args.reason)],
        });
    }
  }
  return outcomes;
}
