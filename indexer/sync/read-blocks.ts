import { LogSpan } from '../../protocol/chain/log-span.ts';
import { isSettling, type DecodedEvent } from '../projection/events.ts';
import { changed, type ChainReader, type CheckedBlock } from './chain-reader.ts';
import type { BlockHeader, ChainLog } from './chain-values.ts';
import type { IndexedBlock } from './indexed-events.ts';

export type Decode = (log: ChainLog) => DecodedEvent | undefined;

/** Events of one transaction of the database at most, unless a single block has more. */
export const MOST_EVENTS = 500;
/** Blocks that are asked for first, before it is known how many events they hold. */
const FIRST_BLOCKS = 32;

/** Where reading goes on. */
export interface ReadFrom {
  readonly number: number;
  readonly hash: string;
}

/**
 * Blocks near the head, each with its logs: a chain of parents that starts at the cursor, read so that no log of
 * these very blocks can be missing.
 * @param head the chain's, which need not be read again
 * @throws ChainError retryable, `CHAIN_CHANGED` when the chain changed while it was read
 */
export async function readRecentBlocks(
  chain: ChainReader,
  decode: Decode,
  after: ReadFrom,
  to: number,
  head: BlockHeader,
): Promise<readonly IndexedBlock[]> {
  const numbers = Array.from({ length: to - after.number }, (_, i) => after.number + 1 + i);
  const read = await chain.blocks(numbers.filter((number) => number !== head.number));
  const headers = to === head.number ? [...read, head] : read;
  expectChain(after, headers);
  return Promise.all(
    headers.map(async (header) => indexed(chain, decode, header, await chain.logsOfBlock(header))),
  );
}

/**
 * Blocks that are final, read ahead of what is written: in ranges as wide as their events allow, each read once. What was read
 * and isn't taken yet is kept for the next time.
 */
export class FinalBlocks {
  readonly #chain: ChainReader;
  readonly #decode: Decode;
  readonly #span: LogSpan;
  #read: readonly IndexedBlock[] = [];
  #ahead: { readonly after: ReadFrom; readonly blocks: Promise<readonly IndexedBlock[]> } | undefined;

  /** @param mostBlocks of one request */
  constructor(chain: ChainReader, decode: Decode, mostBlocks: number) {
    this.#chain = chain;
    this.#decode = decode;
    this.#span = new LogSpan(mostBlocks, { first: FIRST_BLOCKS, many: MOST_EVENTS });
  }

  /**
   * Blocks that follow `after`: those that hold events, and the last one read.
   * @param most the last one that is final
   * @throws ChainError retryable
   */
  async take(after: ReadFrom, most: number): Promise<readonly IndexedBlock[]> {
    const known = this.#read[0]?.header;
    const follows =
      known !== undefined && known.number === after.number + 1 && known.parentHash === after.hash;
    if (!follows) this.#read = await this.#next(after, most);
    let events = 0;
    let count = 0;
    for (const block of this.#read) {
      events += block.events.length;
      if (count > 0 && events > MOST_EVENTS) break;
      count++;
    }
    const taken = this.#read.slice(0, count);
    this.#read = this.#read.slice(count);
    const last = taken[taken.length - 1];
    // While these are written the next ones come.
    if (this.#read.length === 0 && last.header.number < most) {
      const blocks = this.#fetch(last.header, most);
      blocks.catch(() => undefined);
      this.#ahead = { after: last.header, blocks };
    }
    return taken.filter((block) => block === last || block.events.length > 0);
  }

  #next(after: ReadFrom, most: number): Promise<readonly IndexedBlock[]> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead?.after.number === after.number && ahead.after.hash === after.hash
      ? ahead.blocks
      : this.#fetch(after, most);
  }

  /** Every block of a range, checked. */
  async #fetch(after: ReadFrom, most: number): Promise<readonly IndexedBlock[]> {
    const { found, to } = await this.#span.read(after.number + 1, most, (first, last) =>
      this.#chain.logsOfRange(first, last),
    );
    const headers = await this.#chain.blocks(
      Array.from({ length: to - after.number }, (_, i) => after.number + 1 + i),
    );
    expectChain(after, headers);
    const logs = Map.groupBy(found, (log) => log.blockNumber);
    return Promise.all(
      headers.map((header) => indexed(this.#chain, this.#decode, header, logs.get(header.number) ?? [])),
    );
  }
}

/** @throws ChainError `CHAIN_CHANGED` unless each block is the child of the one before */
function expectChain(after: ReadFrom, headers: readonly BlockHeader[]): void {
  headers.forEach((header, i) => {
    const parent = i === 0 ? after.hash : headers[i - 1].hash;
    if (header.parentHash !== parent) throw changed(header.number);
  });
}

async function indexed(
  chain: ChainReader,
  decode: Decode,
  header: BlockHeader,
  given: readonly ChainLog[],
): Promise<IndexedBlock> {
  if (given.some((log) => log.blockHash !== header.hash)) throw changed(header.number);
  return withEvents(await chain.checked(header, given, isSettling), decode);
}

function withEvents({ header, logs, costs }: CheckedBlock, decode: Decode): IndexedBlock {
  const events = logs.map((log) => {
    if (log.blockHash !== header.hash) throw changed(header.number);
    return { log, decoded: decode(log), transaction: costs.get(log.transactionHash) };
  });
  return { header, events };
}
