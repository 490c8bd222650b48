import {
  Transaction,
  Wallet,
  type ContractTransaction,
  type Interface,
  type JsonRpcProvider,
  type TransactionReceipt,
} from 'ethers';
import PQueue from 'p-queue';
import type { Log } from '../log.ts';
import { ChainError } from './errors.ts';
import { patiently } from './provider.ts';
import { nameRevert } from './revert.ts';

const MINING_TIMEOUT = 180_000;

export interface SenderOptions {
  readonly provider: JsonRpcProvider;
  /** 0x and 64 hexadecimal digits. */
  readonly privateKey: string;
  /** ABIs whose custom errors are named in failures. */
  readonly interfaces: readonly Interface[];
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for a transaction to be mined. Default 180,000. */
  readonly miningTimeout?: number;
}

/** A signed transaction: sent any number of times, it is mined once at most. */
export interface SignedTransaction {
  readonly hash: string;
  /** The bytes, as `eth_sendRawTransaction` takes them. */
  readonly signed: string;
}

export interface SendOptions {
  /** Runs before the transaction is sent; what it keeps lets {@link Sender.resume} go on after a crash. */
  readonly beforeSend?: (transaction: SignedTransaction) => Promise<void>;
}

/**
 * Sends the transactions of one account, one after the other: each is simulated first (a revert is a named
 * error and costs nothing), sent, and waited for.
 */
export class Sender {
  readonly address: string;
  readonly #options: SenderOptions;
  readonly #wallet: Wallet;
  readonly #queue = new PQueue({ concurrency: 1 });

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#wallet = new Wallet(options.privateKey, options.provider);
    this.address = this.#wallet.address;
  }

  /** Signs typed data as this account (permits, store access). */
  get wallet(): Wallet {
    return this.#wallet;
  }

  /**
   * @param what for the log, e.g. `bid`
   * @param build the call, e.g. `() => market.bid.populateTransaction(…)`; asked when its turn has come
   * @throws ChainError CHAIN_REVERTED with the contract's error name and arguments; CHAIN_NOT_MINED (retryable)
   */
  send(
    what: string,
    build: () => Promise<ContractTransaction>,
    options: SendOptions = {},
  ): Promise<TransactionReceipt> {
    return this.#queue.add(() => this.#sendNow(what, build, options));
  }

  /**
   * Sees a transaction through that was signed before, by this process or one that died: sends the same bytes
   * again and waits. A transaction that was mined and failed is returned with its receipt.
   * @returns undefined when it can't be mined any more: its nonce went to another transaction
   * @throws ChainError CHAIN_NOT_MINED (retryable)
   */
  resume({ hash, signed }: SignedTransaction): Promise<TransactionReceipt | undefined> {
    const { provider, log, signal, miningTimeout = MINING_TIMEOUT } = this.#options;
    return this.#queue.add(async () => {
      try {
        await patiently(log, () => broadcast(provider, signed), signal);
      } catch (error) {
        const { nonce } = Transaction.from(signed);
        const used = await patiently(log, () => provider.getTransactionCount(this.address, 'latest'), signal);
        if (used > nonce) return undefined;
        throw error;
      }
      return this.#mined(hash, miningTimeout);
    });
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  async #sendNow(
    what: string,
    build: () => Promise<ContractTransaction>,
    { beforeSend }: SendOptions,
  ): Promise<TransactionReceipt> {
    const { provider, interfaces, log, signal, miningTimeout = MINING_TIMEOUT } = this.#options;
    try {
      const call = await build();
      const estimate = await patiently(
        log,
        () => provider.estimateGas({ ...call, from: this.address }),
        signal,
      );
      const nonce = await patiently(log, () => provider.getTransactionCount(this.address, 'pending'), signal);
      // A fifth above the estimate: prices ramp and windows close between simulation and block.
      const signed = await patiently(
        log,
        async () =>
          this.#wallet.signTransaction(
            await this.#wallet.populateTransaction({ ...call, nonce, gasLimit: (estimate * 6n) / 5n }),
          ),
        signal,
      );
      await beforeSend?.({ hash: Transaction.from(signed).hash as string, signed });
      // The same signed bytes may be sent again after an outage: the chain takes them once.
      const sent = await patiently(log, () => broadcast(provider, signed), signal);
      log.debug({ what, transaction: sent }, 'transaction sent');
      const receipt = await this.#mined(sent, miningTimeout);
      if (receipt.status !== 1) {
        await provider.call({ ...call, from: this.address, blockTag: receipt.blockNumber });
        throw new ChainError('CHAIN_REVERTED', `transaction ${sent} (${what}) was mined and failed`, {
          retryable: true,
        });
      }
      log.debug({ what, transaction: sent, gas: receipt.gasUsed.toString() }, 'transaction mined');
      return receipt;
    } catch (error) {
      throw nameRevert(error, interfaces);
    }
  }

  async #mined(hash: string, timeout: number): Promise<TransactionReceipt> {
    const { provider, log, signal } = this.#options;
    const deadline = Date.now() + timeout;
    for (;;) {
      const receipt = await patiently(log, () => provider.getTransactionReceipt(hash), signal);
      if (receipt) return receipt;
      if (Date.now() > deadline) {
        throw new ChainError(
          'CHAIN_NOT_MINED',
          `transaction ${hash} is not mined after ${timeout / 1000} s`,
          {
            retryable: true,
            hint: 'The gas price may have risen past what was offered.',
          },
        );
      }
      signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, Math.min(500, provider.pollingInterval)));
    }
  }
}

async function broadcast(provider: JsonRpcProvider, signed: string): Promise<string> {
  const hash = Transaction.from(signed).hash as string;
  try {
    await provider.send('eth_sendRawTransaction', [signed]);
  } catch (error) {
    // A node that has it already says so in words of its own; the receipt decides.
    if (await provider.getTransaction(hash)) return hash;
    throw error;
  }
  return hash;
}
