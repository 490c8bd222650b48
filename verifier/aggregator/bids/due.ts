/** Why bids are brought when they are. */
export type BringReason = 'age' | 'deadline';

export interface BringLimits {
  /** Seconds that a bid waits for others. */
  readonly bidAgeSeconds: number;
  /** Seconds that a transaction may take to be in a block. */
  readonly sendSeconds: number;
}

/**
 * Why the bids that wait have to be brought now; undefined when they can still wait for company.
 * @param chainNow timestamp of the latest block, seconds
 * @param clockNow milliseconds
 */
export function bringReason(
  waiting: readonly { readonly receivedAt: number; readonly validUntil: number }[],
  { bidAgeSeconds, sendSeconds }: BringLimits,
  chainNow: number,
  clockNow: number,
): BringReason | undefined {
  if (waiting.some(({ validUntil }) => validUntil - chainNow <= sendSeconds)) return 'deadline';
  // A machine's clock may have been set back: how long it has waited nobody knows then.
  const isOld = waiting.some(
    ({ receivedAt }) => clockNow < receivedAt || clockNow - receivedAt >= bidAgeSeconds * 1000,
  );
  return isOld ? 'age' : undefined;
}
