import { sameAddress } from '../../protocol/chain/same-address.ts';
import { payableUntil, type JobView, type SliceView } from '../chain/state.ts';

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
  /** Seconds before the deadline at which an executor proves what nobody else does. */
  readonly backstopSeconds: number;
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
  { account, seconds, leastIncome, backstopSeconds }: ProveMeans,
): ProveReason | undefined {
  const mine = (other: string): boolean => sameAddress(other, account);
  const end = payableUntil(job, slice);
  if (slice.state === 'settled' || now > end) return undefined;
  if (slice.state === 'held') return mine(slice.holder) && now > slice.windowEnd ? 'held' : undefined;
  const { bidWindow, proveSeconds } = job.offer;
  if (now + seconds > end) return undefined;
  const backstop = Math.min(backstopSeconds, (job.deadline - job.tracedAt) / 2);
  if (mine(job.executor) && now >= job.deadline - backstop) return 'backstop';
  const biddable =
    slice.state === 'open' &&
    (slice.bound || !job.cancelled) &&
    now + bidWindow + proveSeconds <= job.deadline;
  return !biddable && income > 0n && income >= leastIncome ? 'open' : undefined;
}
