import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { JobView } from '../chain/state.ts';
import type { GasUse } from '../pricing/gas-used.ts';

export interface UnderWayOptions {
  readonly account: string;
  readonly gas: GasUse;
  /** Whether this node proves what is due in jobs that it executes. */
  readonly proves: boolean;
  /** Gas of bringing a job's trace. */
  readonly traceGas: (job: JobView) => bigint;
  /** Gas of the contract that verifies a slice; 0 where the market does. */
  readonly verifierGas: (job: JobView, slice: number) => bigint;
}

/**
 * Gas of everything that an account may still have to send for what it has put up: the trace and the end of its executions,
 * bids and settlements of what is due in them, and settlements of what it holds, each by itself.
 */
export function gasUnderWay(
  jobs: readonly JobView[],
  { account, gas, proves, traceGas, verifierGas }: UnderWayOptions,
): bigint {
  const mine = (holder: string): boolean => sameAddress(holder, account);
  let sum = 0n;
  for (const job of jobs) {
    const executes = (job.state === 'claimed' || job.state === 'traced') && mine(job.executor);
    if (executes) sum += gas.execute;
    if (executes && job.state === 'claimed') sum += traceGas(job);
    if (executes && proves && job.state === 'claimed') {
      for (const slice of job.due) sum += gas.bid + gas.settle + verifierGas(job, slice);
    }
    if (job.state !== 'traced') continue;
    for (const { index, state, holder } of job.slices) {
      const held = state === 'held' && mine(holder);
      const backstop = executes && proves && state !== 'settled';
      if (held || backstop) sum += gas.settle + verifierGas(job, index);
    }
  }
  return sum;
}
