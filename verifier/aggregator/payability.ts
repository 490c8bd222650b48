import type { JobNow, SliceNow } from '../chain/market-reader.ts';

/** Why a proof is not and will not be paid. */
export type Unpayable =
  | 'job-ended'
  | 'job-closing'
  | 'not-due'
  | 'already-settled'
  | 'settled-elsewhere'
  | 'held-by-other'
  | 'not-held';

/** Whether the market would pay a proved slice. Times: chain seconds. */
export type Payability =
  /** `until`: the last second for it. */
  | { readonly kind: 'now'; readonly until: number }
  /** The bid window is open until `from`, that second included; until then others may undercut. */
  | { readonly kind: 'later'; readonly from: number; readonly until: number }
  | { readonly kind: 'never'; readonly reason: Unpayable };

/**
 * What `settle` would do with a valid proof by `prover`, in a block of the time `now`: while a slice has a
 * holder only the holder is paid; without bids, and after a lapse, whoever comes first. Of a job that has another contract say who
 * enters, only what is held, or its executor's, is known to be paid.
 * @param prover in lower case
 */
export function payabilityOf(job: JobNow, slice: SliceNow, prover: string, now: number): Payability {
  const never = (reason: Unpayable): Payability => ({ kind: 'never', reason });
  if (slice.state === 'settled') {
    return never(slice.holder === prover ? 'already-settled' : 'settled-elsewhere');
  }
  if (job.state !== 'traced') return never('job-ended');
  if (!slice.due) return never('not-due');
  if (slice.state === 'held') {
    if (slice.holder !== prover) return never('held-by-other');
    const until = slice.lockEnd;
    return now > slice.windowEnd ? { kind: 'now', until } : { kind: 'later', from: slice.windowEnd, until };
  }
  // Another contract says who may settle what nobody holds, and by the time of a batch it may say something else.
  if (job.asksWhoEnters && prover !== job.executor) return never('not-held');
  const until = endOf(job, slice);
  return now > until ? never('job-closing') : { kind: 'now', until };
}

/** The last second for a slice that nobody holds. A lapse that isn't booked yet will move the job's end. */
function endOf(job: JobNow, slice: SliceNow): number {
  if (slice.state === 'lapsed') return Math.max(job.closing, slice.lockEnd + job.proveSeconds);
  return job.cancelled && !slice.bound ? job.cancelEnd : job.closing;
}

/** Share of the time to prove that a proof is settled before its end at most: earlier than a node would by itself. */
const MOST_SAFETY = 3 / 4;

/**
 * The second from which a proof is settled whatever else waits: `safetySeconds` before its end, or less where a
 * hold is so short that every proof would be late.
 */
export function settleBy(until: number, { proveSeconds }: JobNow, safetySeconds: number): number {
  return Math.floor(until - Math.min(safetySeconds, MOST_SAFETY * proveSeconds));
}

/** Why an accepted proof is given up, and whether that counts against its prover. */
export interface Staleness {
  readonly reason: Unpayable | 'outbid';
  readonly blamed: boolean;
}

const BLAMED: readonly string[] = ['already-settled', 'settled-elsewhere', 'held-by-other'];

/**
 * Judges a proof that was payable when it was taken and is no more. No blame: somebody undercut it in its bid
 * window, the job ended, or it was not settled here in time.
 */
export function staleness(
  accepted: { readonly payableFrom: number; readonly payableUntil: number },
  reason: Unpayable,
  now: number,
): Staleness {
  if (reason === 'held-by-other' && accepted.payableFrom > 0) return { reason: 'outbid', blamed: false };
  return { reason, blamed: BLAMED.includes(reason) && now <= accepted.payableUntil };
}
