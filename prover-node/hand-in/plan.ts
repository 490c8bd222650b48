import { sameAddress } from '../../protocol/chain/same-address.ts';
import { payableUntil, type JobView, type SliceView } from '../chain/state.ts';

/** What to do about a proof that is made. */
export type HandInStep =
  /** The bidding isn't over, or nothing is to be done but wait. */
  | { readonly kind: 'wait' }
  /** Give it to an aggregator, which may take so many seconds before the node has to settle by itself. */
  | { readonly kind: 'hand-over'; readonly seconds: number }
  /** Settle it now, by ourselves. */
  | { readonly kind: 'settle' }
  /** It has been paid to this account. */
  | { readonly kind: 'paid' }
  /** It will never be paid. */
  | { readonly kind: 'lost' };

export interface HandInMeans {
  readonly account: string;
  readonly hasAggregator: boolean;
  /** Seconds before a hold ends at which the node settles by itself; at most half of the time to prove counts. */
  readonly settleMargin: number;
}

/**
 * What becomes of a proof as the chain stands. A proof of a held slice may travel with an aggregator's batch until
 * the margin before the hold's end; a slice that is open to all goes to whoever is first, so it is settled at once. A
 * proof of a slice that somebody else holds is kept: if the hold lapses, the slice is open to all, and an executor's bond
 * may hang on it.
 * @param now chain time, seconds
 */
export function planHandIn(job: JobView, slice: SliceView, now: number, means: HandInMeans): HandInStep {
  const mine = sameAddress(slice.holder, means.account);
  if (slice.state === 'settled') return { kind: mine ? 'paid' : 'lost' };
  // A hold that has just run out is a lapse in the next block, which a late proof is still paid for.
  const over = slice.state !== 'held' && now > payableUntil(job, slice);
  if (job.state !== 'traced' || over) return { kind: 'lost' };
  if (slice.state === 'held') {
    if (!mine || now <= slice.windowEnd) return { kind: 'wait' };
    const margin = Math.min(means.settleMargin, job.offer.proveSeconds / 2);
    const seconds = slice.lockEnd - margin - now;
    return means.hasAggregator && seconds > 0 ? { kind: 'hand-over', seconds } : { kind: 'settle' };
  }
  return slice.price > 0n || slice.raise > 0n ? { kind: 'settle' } : { kind: 'wait' };
}
