import type { AcceptedProof } from '../book/proofs.ts';
import type { SettleReason } from '../book/settlements.ts';

export interface BatchLimits {
  /** Proofs in one settlement at most. */
  readonly maxBatch: number;
  /** Seconds that a proof waits for others. */
  readonly maxAgeSeconds: number;
}

type Times = Pick<AcceptedProof, 'payableFrom' | 'settleBy' | 'receivedAt'>;

/** Whether a proof can be settled in a block of this time. */
export function isPayable({ payableFrom }: Pick<Times, 'payableFrom'>, chainNow: number): boolean {
  return chainNow > payableFrom;
}

/**
 * Why the proofs that wait have to be settled now; undefined when they can still wait for company.
 * @param chainNow timestamp of the latest block, seconds
 * @param clockNow milliseconds
 */
export function settleReason(
  waiting: readonly Times[],
  { maxBatch, maxAgeSeconds }: BatchLimits,
  chainNow: number,
  clockNow: number,
): SettleReason | undefined {
  const payable = waiting.filter((times) => isPayable(times, chainNow));
  if (payable.some((times) => times.settleBy <= chainNow)) return 'deadline';
  if (payable.length >= maxBatch) return 'size';
  // A machine's clock may have been set back: how long it has waited nobody knows then.
  const isOld = ({ receivedAt }: Times): boolean =>
    clockNow < receivedAt || clockNow - receivedAt >= maxAgeSeconds * 1000;
  if (payable.some(isOld)) return 'age';
  return undefined;
}
