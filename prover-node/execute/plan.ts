import type { JobView } from '../chain/state.ts';

export interface ExecuteMeans {
  readonly account: string;
  /** What the ledger has free for the bond. */
  readonly balance: bigint;
  /** The least price at which executing pays, the margin included. */
  readonly leastPrice: bigint;
  /** Whether every due slice can be proved here, or proving is left to others: one that stays unproved costs the bond. */
  readonly canProve: boolean;
}

/** What an executor does about a job: take it, bring the trace of one that it took, or nothing now. */
export type ExecuteStep = 'claim' | 'commit' | undefined;

/** @param now chain time, seconds */
export function planExecution(job: JobView, now: number, means: ExecuteMeans): ExecuteStep {
  const mine = job.executor.toLowerCase() === means.account.toLowerCase();
  const running = job.state === 'claimed' && now <= job.claimEnd;
  if (running) return mine ? 'commit' : undefined;
  if (job.state !== 'posted' && job.state !== 'claimed') return undefined;
  // A claim must end by the last second for a trace.
  if (now + job.execution.commitSeconds > job.commitBy) return undefined;
  if (
    !job.admitted ||
    !means.canProve ||
    bondOf(job) > means.balance ||
    job.executionPriceNow < means.leastPrice
  )
    return undefined;
  return 'claim';
}

/** What a claim reserves: the larger of 200% of the execution's highest price and the job's escrow. */
export function bondOf({ execution, escrow }: JobView): bigint {
  const twice = 2n * execution.maxPrice;
  return twice > escrow ? twice : escrow;
}
