import type { Client } from '../../../client/client.ts';
import { readMined, tally, type Sent } from '../mined.ts';

/** A job's life, as the chain tells it. */
export interface JobLife {
  /** Seconds of the chain from the post to the last event of each name. */
  readonly seconds: ReadonlyMap<string, number>;
  /** To the first settlement. */
  readonly firstSettled: number;
  /** By the contract's function: of all accounts, whatever they sent to the market. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** To provers, to settlers and of the former to the market, in 10^-18 of the asset. */
  readonly paid: { readonly proofs: bigint; readonly tips: bigint; readonly fees: bigint };
}

/** Reads what was sent to the market since a block, and what became of one job. */
export async function readJobLife(
  client: Pick<Client, 'provider' | 'contracts'>,
  from: number,
  jobId: string,
): Promise<JobLife> {
  const at = new Map<string, number>();
  const sent = new Map<string, Sent>();
  const paid = { proofs: 0n, tips: 0n, fees: 0n };
  let firstSettled = Number.NaN;
  for await (const mined of readMined(client, from)) {
    const { kind, time, events } = mined;
    if (kind !== undefined) tally(sent, kind, mined);
    for (const { name, args } of events) {
      if (args.jobId !== jobId) continue;
      at.set(name, time);
      if (name !== 'SlicesSettled') continue;
      if (Number.isNaN(firstSettled)) firstSettled = time;
      paid.proofs += args.price as bigint;
      paid.tips += args.tip as bigint;
      paid.fees += args.fee as bigint;
    }
  }
  const posted = at.get('JobPosted') ?? Number.NaN;
  const seconds = new Map([...at].map(([name, time]) => [name, time - posted]));
  return { seconds, firstSettled: firstSettled - posted, sent, paid };
}
