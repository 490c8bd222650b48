import { sameAddress } from '../../protocol/chain/same-address.ts';
import { executionBond } from '../../protocol/contracts/bond.ts';
import { valuesPerWord } from '../../protocol/commitment/commit.ts';
import type { Model } from '../model/catalog.ts';
import type { JobView } from '../chain/state.ts';
import { because, notAdmitted, type Reason } from '../reasons.ts';

export interface ExecuteMeans {
  readonly account: string;
  /** What the ledger has free for the bond. */
  readonly balance: bigint;
  /** The least price at which executing pays, the margin included. */
  readonly leastPrice: bigint;
  /** Whether every slice that is due, or may become due, can be proved here, or proving is left to others: one that stays unproved costs the bond. */
  readonly canProve: boolean;
  /** Why its bond isn't put up, whatever it pays. */
  readonly whyNoBond?: Reason | undefined;
}

/** What an executor does about a job: take it, bring the trace of one that it took, or nothing now. */
export type ExecuteStep = 'claim' | 'commit' | undefined;

/** @param now chain time, seconds */
export function planExecution(job: JobView, now: number, means: ExecuteMeans): ExecuteStep {
  if (job.state === 'claimed' && now <= job.claimEnd && sameAccount(job, means)) return 'commit';
  return whyNotExecuted(job, now, means) === undefined ? 'claim' : undefined;
}

/** Why a job's execution is left to others, or to later; undefined: it is taken, or this account's already. */
export function whyNotExecuted(job: JobView, now: number, means: ExecuteMeans): Reason | undefined {
  if (job.state !== 'posted' && job.state !== 'claimed') {
    return because('EXECUTION_OVER', () => 'the model is executed already');
  }
  if (job.state === 'claimed' && now <= job.claimEnd) {
    if (sameAccount(job, means)) return undefined;
    return because('EXECUTION_TAKEN', () => `${job.executor} executes it`);
  }
  const { commitSeconds } = job.execution;
  // A claim must end by the last second for a trace.
  if (now + commitSeconds > job.commitBy) {
    return because(
      'EXECUTION_TOO_LATE',
      () => `the trace has to come within ${job.commitBy - now} s, a claim takes ${commitSeconds} s`,
    );
  }
  if (!job.admitted) return notAdmitted();
  if (!means.canProve) {
    return because(
      'EXECUTION_UNPROVABLE',
      () => 'the circuits of the slices that are due, or may become due, are not all ready here',
    );
  }
  const bond = bondOf(job);
  if (bond > means.balance) {
    return because(
      'EXECUTION_BOND',
      (amount) => `its bond is ${amount(bond)}, the ledger has ${amount(means.balance)} free`,
    );
  }
  if (means.whyNoBond) return means.whyNoBond;
  const { executionPriceNow } = job;
  if (executionPriceNow < means.leastPrice) {
    return because(
      'EXECUTION_PRICE',
      (amount) =>
        `executing pays ${amount(executionPriceNow)} now and at most ${amount(job.execution.maxPrice)}, it asks ${amount(means.leastPrice)}`,
    );
  }
  return undefined;
}

function sameAccount({ executor }: JobView, { account }: ExecuteMeans): boolean {
  return sameAddress(executor, account);
}

/** What the job's trace brings: words of outputs that it reveals, and tensors that it commits to. */
export function traceSizeOf(
  { outputCommitmentOnly }: JobView,
  { registered: { tensors, outputs } }: Model,
): { readonly outputWords: number; readonly tensors: number } {
  const words = outputs.map((id) => Math.ceil(tensors[id].count / valuesPerWord(tensors[id].bits)));
  const outputWords = outputCommitmentOnly ? 0 : words.reduce((sum, count) => sum + count, 0);
  return { outputWords, tensors: tensors.length };
}

/** What a claim of the job reserves. */
export function bondOf({ execution, escrow }: JobView): bigint {
  return executionBond(execution.maxPrice, escrow);
}
