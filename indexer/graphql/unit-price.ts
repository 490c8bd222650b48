import type { Served } from '../projection/rows.ts';

type Terms = Pick<
  Served<'Job'>,
  | 'state'
  | 'minUnitPrice'
  | 'maxUnitPrice'
  | 'highUnitPrice'
  | 'rampSeconds'
  | 'tracedAt'
  | 'deadline'
  | 'bidWindow'
  | 'proveSeconds'
  | 'minUndercutBps'
  | 'cancelled'
>;
type Place = Pick<
  Served<'Slice'>,
  'state' | 'due' | 'audited' | 'challenger' | 'rampStart' | 'windowEnd' | 'unitPrice'
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
  const { audited, challenger } = slice;
  if (job.state !== 'TRACED' || !slice.due || job.tracedAt === null || job.deadline === null) return null;
  if (job.cancelled && !audited && challenger === null) return null;
  const window = BigInt(job.bidWindow);
  if (slice.state === 'OPEN') {
    if (now + window + BigInt(job.proveSeconds) > BigInt(job.deadline)) return null;
    const raised = audited || challenger === null ? job.highUnitPrice : null;
    const high = BigInt(raised ?? job.maxUnitPrice);
    return rampAt(job, high, now - BigInt(slice.rampStart ?? job.tracedAt));
  }
  if (slice.state !== 'HELD' || window === 0n || slice.windowEnd === null || slice.unitPrice === null) {
    return null;
  }
  const rival = BigInt(slice.unitPrice);
  if (now > BigInt(slice.windowEnd) || now > BigInt(job.deadline) || rival === 0n) return null;
  const most = (rival * (BPS - BigInt(job.minUndercutBps))) / BPS;
  return most === rival ? rival - 1n : most;
}
