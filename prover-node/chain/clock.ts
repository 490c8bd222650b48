import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { IMarketViews } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { JOB_STATES, SLICE_STATES } from '../../protocol/contracts/states.ts';
import type { JobView } from './state.ts';

/** Seconds after its last in which a job is still looked at: who books its end for a reward does so at once. */
const KEEPER_SECONDS = 600;

/**
 * The second from which a job that no event touches stands otherwise than it was read: its prices rise, a claim or a hold
 * runs out, its time ends. Infinity: never.
 * @param now of the block that it was read at
 */
export function changesAt(
  job: IMarketViews.JobViewStructOutput,
  slices: readonly IMarketViews.SliceViewStructOutput[],
  now: number,
): number {
  const times: number[] = [];
  const until = (last: bigint | number): void => void times.push(Number(last) + 1);
  const rising = (start: bigint, span: bigint, low: bigint, high: bigint): void => {
    if (low < high && now < Number(start + span)) until(now);
  };
  const state = JOB_STATES[Number(job.state)];
  if (state === 'posted' || state === 'claimed') {
    const { minPrice, maxPrice, rampSeconds } = job.execution;
    rising(job.postedAt, rampSeconds, minPrice, maxPrice);
    if (state === 'claimed') until(job.claimEnd);
  }
  if (state === 'traced') {
    const { minUnitPrice, rampSeconds, proveSeconds } = job.offer;
    for (const { state: slice, audited, challengedAt, lockEnd } of slices) {
      switch (SLICE_STATES[Number(slice)]) {
        case 'open': {
          const start = audited ? job.drawnAt : challengedAt > 0n ? challengedAt : job.tracedAt;
          rising(start, rampSeconds, minUnitPrice, job.highUnitPrice);
          until(job.closing);
          if (job.cancelled) until(job.cancelEnd);
          break;
        }
        case 'held':
          until(lockEnd);
          break;
        case 'lapsed':
          until(Math.max(Number(job.closing), Number(lockEnd + proveSeconds)));
      }
    }
  }
  return times.filter((time) => time > now).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

/** The last second in which anything of a job with a trace can be proved, or challenged. */
export function lastSecond({ closing, tracedAt, challengeSeconds, slices, offer }: JobView): number {
  const lapses = slices
    .filter(({ state, booked }) => state === 'held' || (state === 'lapsed' && !booked))
    .map(({ lockEnd }) => lockEnd + offer.proveSeconds);
  return Math.max(closing, tracedAt + challengeSeconds, ...lapses);
}

/** Whether nobody can do anything about a job any more that would bring the account something. */
export function isOver(job: JobView, now: number, account: string): boolean {
  const isAccount = (address: string): boolean => sameAddress(address, account);
  if (isAccount(job.requester)) return false;
  if (job.state === 'posted') return job.commitBy > 0 && now > job.commitBy;
  if (job.state === 'claimed') return now > job.commitBy + KEEPER_SECONDS;
  if (job.state !== 'traced') return false;
  const paysExecutor = job.settledCount === job.dueCount || job.cancelled;
  return now > lastSecond(job) + KEEPER_SECONDS && !(isAccount(job.executor) && paysExecutor);
}

/**
 * Whether all that is left of a job is to wait for an event, or for its finalizing.
 * @returns the second until when; undefined when something may be to do with the next block
 */
export function restsUntil({
  state,
  settledCount,
  dueCount,
  drawPending,
  tracedAt,
  challengeSeconds,
}: JobView): number | undefined {
  if (state === 'finalized' || state === 'closed') return Number.POSITIVE_INFINITY;
  if (state !== 'traced' || settledCount < dueCount || drawPending) return undefined;
  return tracedAt + challengeSeconds;
}
