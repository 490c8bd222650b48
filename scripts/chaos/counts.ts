import type { Contracts } from '../../protocol/contracts/market.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

/** What became of a run, as the chain tells it. Amounts in 10^-18 of the asset. */
export interface Counts {
  readonly jobs: number;
  readonly finalized: number;
  readonly closed: number;
  readonly slicesPaid: number;
  readonly bondsLost: number;
  readonly collateralLost: number;
  readonly paidTwice: number;
  readonly settlements: number;
}

export async function countJobs({ market, deployment }: Contracts): Promise<Counts> {
  const address = await market.getAddress();
  const logs = await market.runner?.provider?.getLogs({ address, fromBlock: deployment.block });
  const events = (logs ?? []).flatMap((log) => {
    const event = market.interface.parseLog(log);
    return event ? [{ name: event.name, args: event.args, transaction: log.transactionHash }] : [];
  });
  const named = (name: string) => events.filter((event) => event.name === name);
  const ids = named('JobPosted').map(({ args }) => args.jobId as string);
  const states = await Promise.all(ids.map(async (id) => JOB_STATES[Number((await market.jobOf(id)).state)]));
  const settled = named('SlicesSettled').flatMap(({ args, transaction }) =>
    bitsOf(args.slices as bigint).map((slice) => ({ name: `${String(args.jobId)} ${slice}`, transaction })),
  );
  const paid = new Set(settled.map(({ name }) => name));
  return {
    jobs: ids.length,
    finalized: states.filter((state) => state === 'finalized').length,
    closed: states.filter((state) => state === 'closed').length,
    slicesPaid: paid.size,
    bondsLost: named('ExecutionLapsed').length + named('BondForfeited').length,
    collateralLost: named('SlicesLapsed').length,
    paidTwice: settled.length - paid.size,
    settlements: new Set(settled.map(({ transaction }) => transaction)).size,
  };
}
