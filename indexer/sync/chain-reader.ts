import type { JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../../protocol/chain/errors.ts';
import { BloomTrust, type Head } from '../../protocol/chain/head.ts';
import { headsOf, type Heads, type NextOptions } from '../../protocol/chain/heads.ts';
import { isOutage } from '../../protocol/chain/outage.ts';
import { askElsewhere } from '../../protocol/chain/provider.ts';
import { BlockCheck, incomplete, type Emitter } from './block-check.ts';
import { headerSchema, logSchema, type BlockHeader, type ChainLog } from './chain-values.ts';
import { receiptSchema, type Receipt } from './receipts.ts';

/** What the receipt of a transaction tells besides its events. */
export interface TransactionCost {
  readonly from: string;
  readonly gasUsed: bigint;
  readonly gasPrice: bigint;
}

/** A block with all of its events. */
export interface CheckedBlock {
  readonly header: BlockHeader;
  readonly logs: readonly ChainLog[];
  /** By transaction, of those that were wanted. */
  readonly costs: ReadonlyMap<string, TransactionCost>;
}

/** Milliseconds for which a refusal of receipts counts. */
const REFUSED_MS = 600_000;
/** Transactions of a block whose receipts are looked at only to be sure. */
const MOST_RECEIPTS = 64;

/**
 * Reads blocks and logs and checks what comes. Every failure is a ChainError that may pass: an indexer waits for
 * its chain, whatever the chain says meanwhile.
 */
export class ChainReader {
  readonly #provider: JsonRpcProvider;
  readonly #addresses: readonly string[];
  readonly #heads: Heads;
  readonly #blooms: BloomTrust;
  readonly #check: BlockCheck;
  /** Until when a service that refused all receipts of a block isn't asked for them: milliseconds of `performance.now`. */
  #noReceiptsUntil = 0;

  /** @param emitters contracts whose events are read */
  constructor(provider: JsonRpcProvider, emitters: readonly Emitter[]) {
    this.#provider = provider;
    this.#addresses = emitters.map(({ address }) => address.toLowerCase());
    this.#heads = headsOf(provider);
    this.#blooms = new BloomTrust(this.#addresses);
    this.#check = new BlockCheck(emitters);
  }

  /** Calls that a new block costs which holds no events. */
  get callsOfBlock(): number {
    return this.#blooms.trusted ? 1 : 2;
  }

  /** The head as it was at most one look ago. @param anew the head as it is */
  async head(anew: boolean): Promise<BlockHeader> {
    return headerOf(await named('eth_getBlockByNumber', () => this.#heads.now(anew)));
  }

  /** Resolves when there is another head than this one. */
  async newHead({ hash }: BlockHeader, options: NextOptions): Promise<void> {
    await named('eth_getBlockByNumber', () => this.#heads.next({ hash }, options));
  }

  /**
   * A block at or below the head.
   * @throws ChainError `CHAIN_BLOCK_MISSING` (retryable) when it is not there
   */
  async block(number: number): Promise<BlockHeader> {
    const header = await this.#ask('eth_getBlockByNumber', [toHex(number), false], headerSchema.nullable());
    if (header !== null) return header;
    throw missing(number);
  }

  /** @throws ChainError `CHAIN_BLOCK_MISSING` (retryable) when one of them is not there */
  blocks(numbers: readonly number[]): Promise<readonly BlockHeader[]> {
    return Promise.all(numbers.map((number) => this.block(number)));
  }

  /**
   * By the block's hash: an RPC service of many machines answers a range from one that lags behind with no logs
   * and no error, while an unknown hash is an error. In the order of the block. Not asked for where the header excludes them.
   */
  async logsOfBlock(header: BlockHeader): Promise<readonly ChainLog[]> {
    if (this.#blooms.excludes(header)) return [];
    const logs = inOrder(await this.#logs({ blockHash: header.hash }));
    this.#blooms.learn(
      header,
      logs.map(({ address }) => address),
    );
    return logs;
  }

  /** From block `from` to block `to`, both included, in the order of the chain. */
  async logsOfRange(from: number, to: number): Promise<readonly ChainLog[]> {
    return inOrder(await this.#logs({ fromBlock: toHex(from), toBlock: toHex(to) }));
  }

  /**
   * A block's events with what its receipts tell besides, once nothing of them can be missing.
   * @param given the events that the RPC gave
   * @param settles whether the cost of an event's transaction is wanted
   * @throws ChainError `CHAIN_INCOMPLETE`, `CHAIN_BLOCK_MISSING` (both retryable)
   */
  async checked(
    told: BlockHeader,
    given: readonly ChainLog[],
    settles: (log: ChainLog) => boolean,
  ): Promise<CheckedBlock> {
    const misses = this.#check.misses(told, given);
    // The head is told without the root of its receipts.
    const whole = told.receiptsRoot !== undefined || (given.length === 0 && !misses);
    const header = whole ? told : await this.block(told.number);
    if (header.hash !== told.hash) throw changed(told.number);
    const wanted = new Set(given.filter(settles).map((log) => log.transactionHash));
    const light = (header.transactions?.length ?? Number.POSITIVE_INFINITY) <= MOST_RECEIPTS;
    const all = misses || (given.length > 0 && (wanted.size > 1 || (light && this.#check.rootsCount)));
    try {
      const receipts = all ? await this.#receiptsOf(header, misses) : undefined;
      if (receipts === undefined) {
        const costs = await Promise.all([...wanted].map((hash) => this.#receipt(hash, header.hash)));
        return { header, logs: given, costs: costsOf(costs) };
      }
      const { logs, proven, doubtful } = this.#check.logsOf(header, receipts);
      const same = logs.length === given.length && logs.every((log, i) => log.logIndex === given[i].logIndex);
      // Nobody can have left out anything of what the header proves.
      if ((!same && !proven) || (misses && doubtful)) throw incomplete(header, 'events');
      if (!same) askElsewhere(this.#provider);
      const settling = new Set(logs.filter(settles).map((log) => log.transactionHash));
      return { header, logs, costs: costsOf(receipts.filter((one) => settling.has(one.transactionHash))) };
    } catch (error) {
      askElsewhere(this.#provider);
      throw error;
    }
  }

  /** @param needed one by one too, where the service doesn't give them at once */
  async #receiptsOf(header: BlockHeader, needed: boolean): Promise<readonly Receipt[] | undefined> {
    if (performance.now() >= this.#noReceiptsUntil) {
      try {
        const found = await this.#ask(
          'eth_getBlockReceipts',
          [header.hash],
          z.array(receiptSchema).nullable(),
        );
        if (found !== null) return found;
        throw missing(header.number);
      } catch (error) {
        if (!(error instanceof ChainError) || error.code !== 'CHAIN_REFUSED') throw error;
        this.#noReceiptsUntil = performance.now() + REFUSED_MS;
      }
    }
    if (!needed) return undefined;
    const { transactions } = header.transactions === undefined ? await this.block(header.number) : header;
    return Promise.all((transactions ?? []).map((hash) => this.#receipt(hash, header.hash)));
  }

  async #receipt(transactionHash: string, blockHash: string): Promise<Receipt> {
    const receipt = await this.#ask('eth_getTransactionReceipt', [transactionHash], receiptSchema.nullable());
    if (receipt?.blockHash === blockHash) return receipt;
    throw new ChainError('CHAIN_BLOCK_MISSING', `transaction ${transactionHash} is in another block now`, {
      retryable: true,
    });
  }

  /** Each once, whatever the RPC does with them. */
  async #logs(filter: Readonly<Record<string, string>>): Promise<readonly ChainLog[]> {
    const found = await this.#ask(
      'eth_getLogs',
      [{ ...filter, address: this.#addresses }],
      z.array(logSchema),
    );
    const ours = found.filter((log) => log.removed !== true && this.#addresses.includes(log.address));
    return [...new Map(ours.map((log) => [`${log.blockHash} ${log.logIndex}`, log])).values()];
  }

  async #ask<T>(method: string, params: unknown[], schema: z.ZodType<T>): Promise<T> {
    const answer = await named(method, () => this.#provider.send(method, params) as Promise<unknown>);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new ChainError(
      'CHAIN_MALFORMED',
      `the chain's answer to ${method} is not one: ${z.prettifyError(parsed.error)}`,
      {
        retryable: true,
      },
    );
  }
}

/** The chain changed while it was read. */
export function changed(block: number): ChainError {
  return new ChainError('CHAIN_CHANGED', `the chain changed at block ${block} while it was read`, {
    retryable: true,
  });
}

function missing(number: number): ChainError {
  return new ChainError('CHAIN_BLOCK_MISSING', `the RPC has no block ${number}, which is below its head`, {
    retryable: true,
  });
}

function costsOf(receipts: readonly Receipt[]): ReadonlyMap<string, TransactionCost> {
  return new Map(
    receipts.map(({ transactionHash, from, gasUsed, effectiveGasPrice }) => [
      transactionHash,
      { from, gasUsed, gasPrice: effectiveGasPrice },
    ]),
  );
}

/** @throws ChainError CHAIN_UNREACHABLE, CHAIN_REFUSED (both retryable) */
async function named<T>(method: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw isOutage(cause)
      ? new ChainError('CHAIN_UNREACHABLE', `the chain does not answer: ${reason}`, {
          retryable: true,
          cause,
        })
      : new ChainError('CHAIN_REFUSED', `the chain refuses ${method}: ${reason}`, { retryable: true, cause });
  }
}

/** What the head tells of itself; what else there is in a header is read again where it is needed. */
function headerOf({ number, hash, parentHash, timestamp, logsBloom }: Head): BlockHeader {
  return { number, hash, parentHash, timestamp: BigInt(timestamp), logsBloom };
}

function inOrder(logs: readonly ChainLog[]): readonly ChainLog[] {
  return logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

function toHex(number: number): string {
  return `0x${number.toString(16)}`;
}
