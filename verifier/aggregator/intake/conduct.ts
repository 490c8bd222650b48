import { AggregatorError } from '../../errors.ts';
import type { ProofBook } from '../book/proofs.ts';

export interface ConductLimits {
  /** Share of a prover's latest proofs that may go stale by its own doing, 0 … 1. */
  readonly maxStaleShare: number;
  /** Proofs that are looked at, and the least number that says something. */
  readonly staleSample: number;
  /** Seconds after which an outcome is forgotten. */
  readonly staleMemorySeconds: number;
}

/**
 * Refuses provers whose accepted proofs keep going stale: settled by another way, or given up for another
 * holder, after room in a batch was kept for them. An outcome counts for a limited time, so nobody is shut out
 * for ever.
 * @throws AggregatorError PROVER_DROPPED (retryable)
 */
export async function expectGoodConduct(
  book: ProofBook,
  prover: string,
  { maxStaleShare, staleSample, staleMemorySeconds }: ConductLimits,
  now: number,
): Promise<void> {
  const { decided, blamed } = await book.recordOf(prover, staleSample, now - staleMemorySeconds * 1000);
  if (decided < staleSample || blamed <= maxStaleShare * decided) return;
  throw new AggregatorError(
    'PROVER_DROPPED',
    `${blamed} of the latest ${decided} proofs of ${prover} went stale, at most ${maxStaleShare * 100}% may`,
    { retryable: true, hint: 'Settle by yourself, and hand a proof to one aggregator only.' },
  );
}
