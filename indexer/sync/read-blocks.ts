import { ChainError } from '../../protocol/chain/errors.ts';
import type { LogSpan } from '../../protocol/chain/log-span.ts';
import type { DecodedEvent } from '../projection/events.ts';
import type { BlockHeader, ChainLog, ChainReader, TransactionCost } from './chain-reader.ts';
import type { IndexedBlock } from './market-store.ts';

export type Decode = (log: ChainLog) => DecodedEvent | undefined;

/** Events of one transaction of the database at most, unless a single block has more. */
const MOST_EVENTS = 2000;

/**
 * Blocks near the head, each with its logs: a chain of parents that starts at the cursor, read so that no log of
 * these very blocks can be missing.
 * @param head the chain's, which need not be read again
 * @throws ChainError retryable, `CHAIN_CHANGED` when the chain changed while it was read
 */
export async function readRecentBlocks(
  chain: ChainReader,
  decode: Decode,
  after: { readonly number: number; readonly hash: string },
  to: number,
  head: BlockHeader,
): Promise<readonly IndexedBlock[]> {
  const numbers = Array.from({ length: to - after.number }, (_, i) => after.number + 1 + i);
  const read = await chain.blocks(numbers.filter((number) => number !== head.number));
  const headers = to === head.number ? [...read, head] : read;
  headers.forEach((header, i) => {
    const parent = i === 0 ? after.hash : headers[i - 1].hash;
    if (header.parentHash !== parent) throw changed(header.number);
  });
  const logs = await Promise.all(headers.map((header) => chain.logsOfBlock(header)));
  return withCosts(
    chain,
    decode,
    headers.map((header, i) => ({ header, logs: logs[i] })),
  );
}

/**
 * Blocks that are final: those of `from` to `most` that hold events, and the last one read, which may be below `most`
 * when there are many events, or when the service gives fewer blocks at once.
 * @throws ChainError retryable
 */
export async function readFinalBlocks(
  chain: ChainReader,
  decode: Decode,
  span: LogSpan,
  from: number,
  most: number,
): Promise<readonly IndexedBlock[]> {
  const { found, to } = await span.read(from, most, (first, last) => chain.logsOfRange(first, last));
  const crowded = found.length > MOST_EVENTS ? found[MOST_EVENTS].blockNumber - 1 : to;
  const last = Math.max(crowded, found[0]?.blockNumber ?? to);
  const logs = found.filter((log) => log.blockNumber <= last);
  const numbers = [...new Set([...logs.map((log) => log.blockNumber), last])].sort((a, b) => a - b);
  const headers = await chain.blocks(numbers);
  const blocks = headers.map((header) => ({
    header,
    logs: logs.filter((log) => log.blockNumber === header.number),
  }));
  return withCosts(chain, decode, blocks);
}

async function withCosts(
  chain: ChainReader,
  decode: Decode,
  blocks: readonly { readonly header: BlockHeader; readonly logs: readonly ChainLog[] }[],
): Promise<readonly IndexedBlock[]> {
  const decoded = blocks.map(({ header, logs }) => ({
    header,
    events: logs.map((log) => {
      if (log.blockHash !== header.hash) throw changed(header.number);
      return { log, decoded: decode(log) };
    }),
  }));
  const settling = new Map<string, Promise<TransactionCost>>();
  for (const { header, events } of decoded) {
    for (const event of events) {
      const name = event.decoded?.name;
      if (name !== 'SlicesSettled' && name !== 'SlicesSkipped') continue;
      const hash = event.log.transactionHash;
      if (!settling.has(hash)) settling.set(hash, chain.costOf(hash, header.hash));
    }
  }
  await Promise.all(settling.values());
  return Promise.all(
    decoded.map(async ({ header, events }) => ({
      header,
      events: await Promise.all(
        events.map(async (event) => ({
          ...event,
          transaction: await settling.get(event.log.transactionHash),
        })),
      ),
    })),
  );
}

function changed(block: number): ChainError {
  return new ChainError('CHAIN_CHANGED', `the chain changed at block ${block} while it was read`, {
    retryable: true,
  });
}
