import type { JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../../protocol/chain/errors.ts';
import { isOutage } from '../../protocol/chain/outage.ts';

/** A block as far as the indexer needs it. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
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

const headerSchema = z.object({ number: height, hash: word, parentHash: word, timestamp: quantity });
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

  constructor(provider: JsonRpcProvider, addresses: readonly string[]) {
    this.#provider = provider;
    this.#addresses = addresses;
  }

  head(): Promise<BlockHeader> {
    return this.#ask('eth_getBlockByNumber', ['latest', false], headerSchema);
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
   * and no error, while an unknown hash is an error. In the order of the block.
   */
  async logsOfBlock(hash: string): Promise<readonly ChainLog[]> {
    return inOrder(await this.#logs({ blockHash: hash }));
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
    let answer: unknown;
    try {
      answer = await this.#provider.send(method, params);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw isOutage(cause)
        ? new ChainError('CHAIN_UNREACHABLE', `the chain does not answer: ${reason}`, {
            retryable: true,
            cause,
          })
        : new ChainError('CHAIN_REFUSED', `the chain refuses ${method}: ${reason}`, {
            retryable: true,
            cause,
          });
    }
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

function inOrder(logs: readonly ChainLog[]): readonly ChainLog[] {
  return logs.toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

function toHex(number: number): string {
  return `0x${number.toString(16)}`;
}
