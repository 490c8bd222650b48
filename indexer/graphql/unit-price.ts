import type { Served } from '../projection/rows.ts';

type Terms = Pick<
  Served<'Job'>,
  'minUnitPrice' | 'maxUnitPrice' | 'highUnitPrice' | 'rampSeconds' | 'tracedAt' | 'minUndercutBps'
>;
type Place = Pick<
  Served<'Slice'>,
  'state' | 'audited' | 'challenger' | 'rampStart' | 'unitPrice' | 'biddableUntil'
>;

const BPS = 10_000n;

/** Where a ramp is: see `Pricing.ramp` of the contracts. */
function rampAt(terms: Terms, high: bigint, elapsed: bigint): bigint {
  const low = BigInt(terms.minUnitPrice);
  const span = BigInt(terms.rampSeconds);
  if (elapsed >= span) return high;
  return low + ((high - low) * (elapsed < 0n ? 0n : elapsed)) / span;
}

/**
 * The most that a bid may ask for each unit of a slice's weight at second `now`, as `Bids.bid` of the contracts decides; null
 * when nobody can bid on it. Whether the job admits who bids is not known here.
 */
export function unitPriceOf(job: Terms, slice: Place, now: bigint): bigint | null {
  const { audited, challenger, biddableUntil, rampStart, unitPrice } = slice;
  if (biddableUntil === null || now > BigInt(biddableUntil)) return null;
  if (unitPrice === null || slice.state === 'OPEN') {
    const raised = audited || challenger === null ? job.highUnitPrice : null;
    const high = BigInt(raised ?? job.maxUnitPrice);
    return rampAt(job, high, now - BigInt(rampStart ?? job.tracedAt ?? now));
  }
  const rival = BigInt(unitPrice);
  const most = (rival * (BPS - BigInt(job.minUndercutBps))) / BPS;
  return most === rival ? rival - 1n : most;
}
