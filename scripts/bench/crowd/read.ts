import { bitsOf } from '../../../protocol/contracts/masks.ts';
import type { Client } from '../../../client/client.ts';
import { readMined, tally, type Sent } from '../mined.ts';

/** What became of a run, as the chain tells it. */
export interface Crowd {
  /** By the contract's function. */
  readonly byKind: ReadonlyMap<string, Sent>;
  /** From post to result, chain time. */
  readonly jobSeconds: readonly number[];
  readonly slices: number;
  /** A bid on several slices counts for each. */
  readonly bids: number;
  /** Accounts that were paid for slices. */
  readonly settlers: number;
}

/** Reads all that these accounts sent to the market since a block. */
export async function readCrowd(client: Client, from: number, nodes: ReadonlySet<string>): Promise<Crowd> {
  const ours = new Set([...nodes].map((address) => address.toLowerCase()));
  const byKind = new Map<string, Sent>();
  const posted = new Map<string, number>();
  const jobSeconds: number[] = [];
  const paid = new Set<string>();
  const slices = new Set<string>();
  let bids = 0;
  for await (const mined of readMined(client, from)) {
    const { sender, kind, time, events } = mined;
    for (const { name, args } of events) {
      const { jobId, prover, slices: mask } = args;
      if (name === 'JobPosted') posted.set(String(jobId), time);
      if (name === 'JobFinalized') jobSeconds.push(time - (posted.get(String(jobId)) ?? time));
      if (name === 'BidPlaced') bids += bitsOf(mask as bigint).length;
      if (name !== 'SlicesSettled') continue;
      paid.add(String(prover));
      for (const slice of bitsOf(mask as bigint)) slices.add(`${String(jobId)} ${slice}`);
    }
    if (ours.has(sender.toLowerCase()) && kind !== undefined) tally(byKind, kind, mined);
  }
  return { byKind, jobSeconds, slices: slices.size, bids, settlers: paid.size };
}
