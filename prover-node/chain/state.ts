import type {
  IMarketViews,
  JobRequestStructOutput,
} from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { requestIdOf, type Posting } from '../../protocol/contracts/job-id.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { JOB_STATES, SLICE_STATES, type JobState, type SliceState } from '../../protocol/contracts/states.ts';

/** Length of a job's id: 0x and 64 digits. */
const ID_LENGTH = 66;

/** Times are chain time in seconds, amounts are in 10^-18 of the asset. Addresses are checksummed. */
export interface SliceView {
  readonly index: number;
  /** By the clock: a hold that ran out is `lapsed`, booked or not. */
  readonly state: SliceState;
  readonly booked: boolean;
  /** Drawn or challenged: a cancel doesn't touch it, and its price has a ramp of its own. */
  readonly bound: boolean;
  /** The place of the bid that has it. */
  readonly place: number;
  /** Who made that bid; of a settled slice who was paid, where the event was seen. */
  readonly holder: string;
  readonly unitPrice: bigint;
  readonly windowEnd: number;
  readonly lockEnd: number;
  /** What proving it now pays before the fee; 0 if nothing would be paid. */
  readonly price: bigint;
  readonly collateral: bigint;
  readonly raise: bigint;
}

/** A job as the contract stood at one block. */
export interface JobView {
  readonly id: string;
  /** What its trace comes with. */
  readonly requestId: string;
  readonly requester: string;
  readonly state: JobState;
  readonly modelId: string;
  readonly feeBps: number;
  /** Slices that have to be proved. */
  readonly due: readonly number[];
  /** These slices as they stand; empty before the trace. */
  readonly slices: readonly SliceView[];
  readonly dueCount: number;
  readonly settledCount: number;
  /** Zero before the trace. */
  readonly traceHash: string;
  readonly executor: string;
  readonly bond: bigint;
  readonly escrow: bigint;
  /** What has been paid from the escrow. */
  readonly spent: bigint;
  readonly tracedAt: number;
  readonly claimEnd: number;
  readonly commitBy: number;
  readonly deadline: number;
  readonly closing: number;
  /** From the trace to the deadline. */
  readonly jobSeconds: number;
  readonly challengeSeconds: number;
  /** Slices that are drawn after the trace. */
  readonly audits: number;
  /** Slices that may still be drawn or challenged. */
  readonly contestable: readonly number[];
  readonly cancelled: boolean;
  /** Last second for open slices of a cancelled job. */
  readonly cancelEnd: number;
  /** Whether audits are to be drawn, by the hash of which block. */
  readonly drawPending: boolean;
  readonly drawAnchor: number;
  /** Whether the job's admission contract, if it names one, lets the node's account claim, bid, and settle what nobody holds. */
  readonly admitted: boolean;
  /** That contract, where it isn't the market's own lists. */
  readonly foreignHook: string | undefined;
  /** Whether the trace comes without the output's values. */
  readonly outputCommitmentOnly: boolean;
  readonly offer: {
    readonly bidWindow: number;
    readonly proveSeconds: number;
    readonly minUndercutBps: number;
    readonly settleTip: bigint;
  };
  readonly execution: { readonly maxPrice: bigint; readonly commitSeconds: number };
  /** The highest unit price of a first bid now; 0 before the trace. */
  readonly unitPriceNow: bigint;
  /** What claiming the execution now pays; 0 after it was claimed. */
  readonly executionPriceNow: bigint;
  /** Commitments of the model's inputs, and the digest of their bundle. */
  readonly inputs: readonly string[];
  readonly inputDigest: string;
  /** The trace, once it is committed and its event was seen; its hash is the contract's. */
  readonly trace:
    { readonly hash: string; readonly commitments: readonly string[]; readonly digest: string } | undefined;
}

/** A job whose trace is known. */
export type TracedJob = JobView & { readonly trace: NonNullable<JobView['trace']> };

/** All that a node acts on: the open jobs at one block, and its own account. */
export interface Snapshot {
  readonly block: number;
  /** The block's timestamp. */
  readonly now: number;
  readonly jobs: readonly JobView[];
  /** What the node's account has free for a stake: of another's account at most what it still lets its operator put up. */
  readonly balance: bigint;
  readonly reserved: bigint;
  /** Wei per unit of gas. */
  readonly gasPrice: bigint;
}

/** What is known of a job from its events: the contract keeps only a hash of it. */
export interface JobHints {
  /** What its trace comes with. */
  readonly requestId: string;
  readonly inputs: readonly string[];
  readonly inputDigest: string;
}

export function hintsOf(posting: Posting, request: JobRequestStructOutput): JobHints {
  return {
    requestId: requestIdOf(posting, request),
    inputs: [...request.inputs],
    inputDigest: request.inputDigest,
  };
}

export function sliceViewOf(index: number, view: IMarketViews.SliceViewStructOutput): SliceView {
  return {
    index,
    state: SLICE_STATES[Number(view.state)],
    booked: view.booked,
    bound: view.audited || view.challengedAt !== 0n,
    place: Number(view.place),
    holder: view.holder,
    unitPrice: view.unitPrice,
    windowEnd: Number(view.windowEnd),
    lockEnd: Number(view.lockEnd),
    price: view.price,
    collateral: view.collateral,
    raise: view.raise,
  };
}

export function jobViewOf(
  id: string,
  job: IMarketViews.JobViewStructOutput,
  hints: JobHints,
  rest: Pick<JobView, 'slices' | 'unitPriceNow' | 'executionPriceNow' | 'trace' | 'admitted' | 'foreignHook'>,
): JobView {
  return {
    id,
    requester: job.requester,
    state: JOB_STATES[Number(job.state)],
    modelId: job.modelId,
    feeBps: Number(job.feeBps),
    due: bitsOf(job.due),
    dueCount: Number(job.dueCount),
    settledCount: Number(job.settledCount),
    traceHash: job.traceHash,
    executor: job.executor,
    bond: job.bond,
    escrow: job.escrow,
    spent: job.initialEscrow - job.escrow,
    tracedAt: Number(job.tracedAt),
    claimEnd: Number(job.claimEnd),
    commitBy: Number(job.commitBy),
    deadline: Number(job.deadline),
    closing: Number(job.closing),
    jobSeconds: Number(job.jobSeconds),
    challengeSeconds: Number(job.challengeSeconds),
    audits: Number(job.audits),
    contestable: bitsOf(job.contestable),
    cancelled: job.cancelled,
    cancelEnd: Number(job.cancelEnd),
    drawPending: job.drawPending,
    drawAnchor: Number(job.drawAnchor),
    outputCommitmentOnly: job.outputCommitmentOnly,
    offer: {
      bidWindow: Number(job.offer.bidWindow),
      proveSeconds: Number(job.offer.proveSeconds),
      minUndercutBps: Number(job.offer.minUndercutBps),
      settleTip: job.offer.settleTip,
    },
    execution: { maxPrice: job.execution.maxPrice, commitSeconds: Number(job.execution.commitSeconds) },
    ...hints,
    ...rest,
  };
}

/**
 * The last second in which a proof of an unsettled slice is paid. A hold lasts to its end, whatever a cancel does to open
 * slices, and a lapse counts from the clock: `closing` knows the booked ones only.
 */
export function payableUntil(job: JobView, { state, bound, lockEnd }: SliceView): number {
  if (state === 'held') return lockEnd;
  if (state === 'lapsed') return Math.max(job.closing, lockEnd + job.offer.proveSeconds);
  return job.cancelled && !bound ? job.cancelEnd : job.closing;
}

/** Whether an executor's bond hangs on a due slice: in a job that was cancelled only on what a cancel doesn't touch. */
export function bondHangsOn({ cancelled }: JobView, { state, bound }: SliceView): boolean {
  return state !== 'settled' && (bound || !cancelled);
}

/** Deletes what belongs to jobs that are over from a map whose keys begin with a job's id. */
export function keepJobs(map: Map<string, unknown>, jobs: readonly JobView[]): void {
  const open = new Set(jobs.map(({ id }) => id));
  for (const key of map.keys()) if (!open.has(key.slice(0, ID_LENGTH))) map.delete(key);
}
