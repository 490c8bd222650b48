import { AggregatorError } from '../../errors.ts';
import type { BidBook } from '../book/bids.ts';
import type { ProofBook } from '../book/proofs.ts';

export interface BidConduct {
  /** Slices that a prover may have had bids brought for above those of its proofs that were settled here. */
  readonly bidCredit: number;
  /** Seconds after which an outcome is forgotten. */
  readonly staleMemorySeconds: number;
}

/**
 * Refuses provers whose bids cost more than they bring. One that failed in its block by its prover's doing, after it had been
 * tried, is enough: balances and nonces move by nobody else's hand. And a bid is brought for the tip of the proof that
 * follows: who has its proofs settled elsewhere is served up to its credit. Nothing counts for longer than the memory.
 * @throws AggregatorError PROVER_DROPPED, BID_CREDIT_USED (both retryable)
 */
export async function expectGoodBidder(
  { bids, proofs }: { readonly bids: BidBook; readonly proofs: ProofBook },
  prover: string,
  { bidCredit, staleMemorySeconds }: BidConduct,
  now: number,
): Promise<void> {
  const since = now - staleMemorySeconds * 1000;
  const { took, failed } = await bids.recordOf(prover, since);
  if (failed > 0) {
    throw new AggregatorError(
      'PROVER_DROPPED',
      `${failed} of the bids of ${prover} failed when they were brought`,
      {
        retryable: true,
        hint: 'Bid by yourself; keep what signed bids need free, and cancel none that somebody has.',
      },
    );
  }
  const settled = await proofs.countSettled(prover, since);
  if (took - settled < bidCredit) return;
  throw new AggregatorError(
    'BID_CREDIT_USED',
    `bids took ${took} slices for ${prover} here, ${settled} of its proofs were settled, it may be ${bidCredit} behind`,
    { retryable: true, hint: 'Hand proofs in here, or bid by yourself.' },
  );
}
