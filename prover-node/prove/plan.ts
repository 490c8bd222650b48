import { sameAddress } from '../../protocol/chain/same-address.ts';
import { bondHangsOn, payableUntil, type JobView, type SliceView } from '../chain/state.ts';

/** Why a slice is proved. */
export type ProveReason =
  /** This account holds it. */
  | 'held'
  /** Nobody holds it and nobody can any more: whoever proves it first is paid, and that pays. */
  | 'open'
  /** This account executed the job and loses its bond if the slice stays unproved. */
  | 'backstop';

export interface ProveMeans {
  readonly account: string;
  /** Seconds that the proof will take, with its safety. */
  readonly seconds: number;
  /** What the proof costs, its own settlement included, and the least margin with it. */
  readonly leastIncome: bigint;
  /** Seconds before the end at which an executor proves what nobody else does: see {@link backstopLead}. */
  readonly backstopSeconds: number;
  /** Seconds in which a proof that is begun now counts, with all that it may have to wait for: so long before, whatever the setting. */
  readonly countsWithin: number;
}

/**
 * Seconds before a slice's end at which its executor proves it: the setting before the deadline, which others' lapses may move
 * the end beyond, but at most half of the job's time.
 */
export function backstopLead(
  { deadline, tracedAt }: Pick<JobView, 'deadline' | 'tracedAt'>,
  end: number,
  backstopSeconds: number,
): number {
  return Math.min(backstopSeconds, (deadline - tracedAt) / 2) + Math.max(0, end - deadline);
}

/**
 * Whether to prove a slice of a traced job now.
 * @param income what proving it pays now: its price after the fee, and the raise
 * @param now chain time, seconds
 */
export function planProof(
  job: JobView,
  slice: SliceView,
  income: bigint,
  now: number,
  { account, seconds, leastIncome, backstopSeconds, countsWithin }: ProveMeans,
): ProveReason | undefined {
  const mine = (other: string): boolean => sameAddress(other, account);
  const end = payableUntil(job, slice);
  if (slice.state === 'settled' || now > end) return undefined;
  if (slice.state === 'held') return mine(slice.holder) && now > slice.windowEnd ? 'held' : undefined;
  const { bidWindow, proveSeconds } = job.offer;
  if (now + seconds > end) return undefined;
  const lead = Math.max(backstopLead(job, end, backstopSeconds), countsWithin);
  if (mine(job.executor) && bondHangsOn(job, slice) && now >= end - lead) return 'backstop';
  const biddable =
    slice.state === 'open' &&
    (slice.bound || !job.cancelled) &&
    now + bidWindow + proveSeconds <= job.deadline;
  return !biddable && income > 0n && income >= leastIncome ? 'open' : undefined;
}
