import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import { isOutage } from './outage.ts';

export interface EventsWanted {
  readonly address: string;
  /** As `eth_getLogs` takes them: null matches anything, a list any of its own. */
  readonly topics: readonly (string | readonly string[] | null)[];
  /** Blocks, both included. */
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * Past events, in order. Many RPC services limit how many blocks one request may span: a refused span is asked
 * for in halves.
 * @throws what the RPC says, once a single block is refused or the chain is away
 */
export async function findEvents(provider: JsonRpcProvider, wanted: EventsWanted): Promise<ChainLog[]> {
  const { address, topics, fromBlock, toBlock } = wanted;
  try {
    return await provider.getLogs({
      address,
      topics: topics.map((topic) => (typeof topic === 'object' && topic !== null ? [...topic] : topic)),
      fromBlock,
      toBlock,
    });
  } catch (error) {
    if (fromBlock >= toBlock || isOutage(error)) throw error;
    const middle = Math.floor((fromBlock + toBlock) / 2);
    const early = await findEvents(provider, { ...wanted, toBlock: middle });
    return [...early, ...(await findEvents(provider, { ...wanted, fromBlock: middle + 1 }))];
  }
}
