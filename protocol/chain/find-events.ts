import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import { LogSpan } from './log-span.ts';

export interface EventsWanted {
  readonly address: string;
  /** As `eth_getLogs` takes them: null matches anything, a list any of its own. */
  readonly topics: readonly (string | readonly string[] | null)[];
  /** Blocks, both included. */
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * Past events of which there are few, in order, all at once if the service gives them so.
 * @throws what the RPC says, once a single block is refused or the chain is away
 */
export async function findEvents(provider: JsonRpcProvider, wanted: EventsWanted): Promise<ChainLog[]> {
  const { address, topics, toBlock } = wanted;
  const span = new LogSpan(Number.POSITIVE_INFINITY);
  const events: ChainLog[] = [];
  let next = wanted.fromBlock;
  while (next <= toBlock) {
    const { found, to } = await span.read(next, toBlock, (fromBlock, end) =>
      provider.getLogs({
        address,
        topics: topics.map((topic) => (typeof topic === 'object' && topic !== null ? [...topic] : topic)),
        fromBlock,
        toBlock: end,
      }),
    );
    events.push(...found);
    next = to + 1;
  }
  return events;
}
