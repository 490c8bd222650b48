import type { JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../../protocol/chain/errors.ts';
import { BloomTrust, type Head } from '../../protocol/chain/head.ts';
import { headsOf, type Heads, type NextOptions } from '../../protocol/chain/heads.ts';
import { isOutage } from '../../protocol/chain/outage.ts';

/** A block as far as the indexer needs it. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
  readonly logsBloom: string | undefined;
}

export interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly logIndex: number;
  readonly transactionHash: string;
}

/** What the receipt of a transaction tells besides its events. */
export interface TransactionCost {
  readonly from: string;
  readonly gasUsed: bigint;
  readonly gasPrice: bigint;
}

const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase());
const word = hex.refine((text) => text.length === 66, 'expected 32 bytes');
const address = hex.refine((text) => text.length === 42, 'expected an address');
const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform(BigInt);
const height = quantity.transform(Number).refine(Number.isSafeInteger, 'expected a block number');

const headerSchema = z.object({
  number: height,
  hash: word,
  parentHash: word,
  timestamp: quantity,
  logsBloom: hex
    .refine((text) => text.length === 514, 'expected 256 bytes')
    .nullish()
    .transform((bloom) => bloom ?? undefined),
});
const logSchema = z.object({
  address,
  topics: z.array(word).max(4),
  data: hex,
  blockNumber: height,
  blockHash: word,
  logIndex: height,
  transactionHash: word,
});
const receiptSchema = z.object({
  blockHash: word,
  from: address,
  gasUsed: quantity,
  effectiveGasPrice: quantity.default(0n),
});

/**
 * Reads blocks and logs and checks what comes. Every failure is a ChainError that may pass: an indexer waits for
 * its chain, whatever the chain says meanwhile.
 */
export class ChainReader {
  readonly #provider: JsonRpcProvider;
  readonly #addresses: readonly string[];
  readonly #heads: Heads;
  readonly #blooms: BloomTrust;

  constructor(provider: JsonRpcProvider, addresses: readonly string[]) {
    this.#provider = provider;
    this.#addresses = addresses;
    this.#heads = headsOf(provider);
    this.#blooms = new BloomTrust(addresses);
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
    throw new ChainError('CHAIN_BLOCK_MISSING', `the RPC has no block ${number}, which is below its head`, {
      retryable: true,
    });
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

  async costOf(transactionHash: string, blockHash: string): Promise<TransactionCost> {
    const receipt = await this.#ask('eth_getTransactionReceipt', [transactionHash], receiptSchema.nullable());
    if (receipt?.blockHash !== blockHash) {
      throw new ChainError('CHAIN_BLOCK_MISSING', `transaction ${transactionHash} is in another block now`, {
        retryable: true,
      });
    }
    return { from: receipt.from, gasUsed: receipt.gasUsed, gasPrice: receipt.effectiveGasPrice };
  }

  #logs(filter: Readonly<Record<string, string>>): Promise<readonly ChainLog[]> {
    return this.#ask('eth_getLogs', [{ ...filter, address: this.#addresses }], z.array(logSchema));
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

function headerOf({ number, hash, parentHash, timestamp, logsBloom }: Head): BlockHeader {
  return { number, hash, parentHash, timestamp: BigInt(timestamp), logsBloom };
}

function inOrder(logs: readonly ChainLog[]): readonly ChainLog[] {
  return logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

function toHex(number: number): string {
  return `0x${number.toString(16)}`;
}
