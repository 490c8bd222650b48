import type { JsonRpcProvider } from 'ethers';
import { findEvents } from '../chain/find-events.ts';
import { isOutage } from '../chain/outage.ts';
import type { Contracts } from './market.ts';
import { bitsOf } from './masks.ts';

/** A slice of a job. */
export interface JobSlice {
  readonly jobId: string;
  readonly slice: number;
}

/**
 * Which of these slices were settled in a block or later, by anybody. Asked once the nonce of a settlement is known, it keeps
 * what another sender brought to the chain meanwhile from being settled again, for gas and nothing else.
 * @param block not long ago
 * @throws what the provider throws
 */
export async function settledSince<Item extends JobSlice>(
  { market, deployment }: Contracts,
  provider: JsonRpcProvider,
  slices: readonly Item[],
  block: number,
): Promise<readonly Item[]> {
  const { topicHash } = market.getEvent('SlicesSettled').fragment;
  const filter = {
    address: deployment.addresses.market,
    topics: [topicHash, [...new Set(slices.map(({ jobId }) => jobId))]],
    fromBlock: block,
  };
  const found = await provider
    .getLogs({ ...filter, toBlock: 'latest' })
    // What waits for cheaper gas waits for more blocks than some services look at in one go.
    .catch(async (error: unknown) => {
      if (isOutage(error)) throw error;
      return findEvents(provider, { ...filter, toBlock: await provider.getBlockNumber() });
    });
  const settled = new Set(
    found.flatMap((log) => {
      const { jobId, slices: mask } = market.interface.parseLog(log)?.args.toObject() as {
        jobId: string;
        slices: bigint;
      };
      return bitsOf(mask).map((slice) => `${jobId}:${slice}`);
    }),
  );
  return slices.filter(({ jobId, slice }) => settled.has(`${jobId}:${slice}`));
}
