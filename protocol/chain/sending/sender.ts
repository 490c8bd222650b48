import { setTimeout as sleep } from 'node:timers/promises';
import {
  Wallet,
  type ContractTransaction,
  type Interface,
  type JsonRpcProvider,
  type TransactionReceipt,
  type TransactionRequest,
} from 'ethers';
import PQueue from 'p-queue';
import type { Log } from '../../log.ts';
import { ChainError } from '../errors.ts';
import { patiently } from '../provider.ts';
import { nameRevert } from '../revert.ts';
import { patienceFor } from './fees.ts';
import { GasReader, type Head } from './gas-market.ts';
import { gasLimitFor, mostGas, tooMuchGas } from './limits.ts';
import { classifyRefusal, wordsOf } from './refusals.ts';
import { OwnNonces, type OwnNoncesOptions } from './own-nonces.ts';
import { seeThrough, type Outcome, type SeeThroughOptions, type SeeThroughTools } from './see-through.ts';
import { callOf, Slot, type Call, type SignedTransaction } from './slot.ts';
import { Waits, type Waiting, type WaitReason } from './waits.ts';

export interface SenderOptions {
  readonly provider: JsonRpcProvider;
  /** 0x and 64 hexadecimal digits. */
  readonly privateKey: string;
  /** ABIs whose custom errors are named in failures. */
  readonly interfaces: readonly Interface[];
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** The most that is ever offered, wei a unit of gas; undefined: no bound. Asked for each time. */
  readonly maxGasPrice?: bigint | undefined;
  /**
   * Whether nobody else sends with this key, as with a service's: what an earlier process of it left behind is cancelled
   * when it is stuck, and whoever sends all the same is noticed. Else it is waited for, and named when that takes long.
   */
  readonly alone?: boolean;
  /** Nonces that others used who may send with the key too. */
  readonly others?: OwnNoncesOptions['others'];
  /** By which it is told how long ago another was seen. Default: the machine's. */
  readonly clock?: OwnNoncesOptions['clock'];
}

export interface SendOptions {
  /** Seconds in which the work is due: the nearer their end, the sooner fees are raised. */
  readonly withinSeconds?: number | undefined;
  /** Seconds after which it is of no use, and is cancelled. Default: `withinSeconds`. */
  readonly cancelSeconds?: number | undefined;
  /** Gas that code of others on the way may use beyond what it did when the work was estimated. */
  readonly spareGas?: bigint | undefined;
  /** Runs when it is known what the work may cost, and before anything is signed: nothing is, if it throws. */
  readonly beforeSign?: (cost: Cost) => void;
  /** Hears what was paid for gas, in wei, also where that was for nothing: the work failed, or was cancelled. */
  readonly onCost?: (wei: bigint) => void;
  /**
   * Runs before the transaction is sent, and before each that replaces it with higher fees; what it keeps lets
   * {@link Sender.resume} go on after a crash.
   */
  readonly beforeSend?: (transaction: SignedTransaction) => Promise<void>;
}

/** What a work costs as things are. */
export interface Cost {
  readonly gas: bigint;
  /** Wei a unit of gas. */
  readonly gasPrice: bigint;
}

type Times = Pick<SeeThroughOptions, 'due' | 'until'>;

/** Times that a work is begun anew because its nonce went to another transaction of the account. */
const BEGINNINGS = 3;

/** Milliseconds that an earlier transaction is waited for which isn't ours to cancel. */
const EARLIER_PATIENCE = 180_000;

/** Milliseconds after which a work is due of which nothing is said, so that it isn't overtaken for ever. */
const USUALLY_DUE = 600_000;

/** Transactions that are remembered for a reorganisation: more than one takes back. */
const REMEMBERED = 64;

/** Milliseconds between looks at the account while nothing is sent. */
const LOOK_OUT_MS = 60_000;

/**
 * Sends the transactions of one account, one after the other, of those that wait the one that is due first. Each is simulated
 * (a revert is a named error and costs nothing), sent with the gas that it may have, and seen through: its fees are raised while
 * no block takes it.
 * The nonce is the chain's to say; one carries one work, and nothing else is sent while that is open.
 */
export class Sender {
  readonly address: string;
  readonly #options: SenderOptions;
  readonly #wallet: Wallet;
  readonly #market: GasReader;
  readonly #queue = new PQueue({ concurrency: 1 });
  /** What was mined lately, by its nonce. */
  readonly #mined = new Map<number, SignedTransaction>();
  /** What the chain should say is the next nonce; undefined: anything. */
  #next: number | undefined;
  readonly #clock: () => number;
  readonly #waits: Waits;
  /** Undefined: others may send with the key. */
  readonly #nonces: OwnNonces | undefined;
  #lookedOutAt = Number.NEGATIVE_INFINITY;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#wallet = new Wallet(options.privateKey, options.provider);
    this.#market = new GasReader(options.provider);
    this.address = this.#wallet.address;
    this.#waits = new Waits(options.log);
    const { log, others, alone = false, clock = () => performance.now() } = options;
    this.#clock = clock;
    this.#nonces = alone ? new OwnNonces({ address: this.address, log, others, clock }) : undefined;
  }

  /** Signs typed data as this account (permits, store access). */
  get wallet(): Wallet {
    return this.#wallet;
  }

  /** What is waited for longer than usual. */
  get waiting(): Waiting | undefined {
    return this.#waits.now(this.#queue.size);
  }

  /** Whether another process sent with this key in the last ten minutes, as far as this one has looked. */
  get othersSend(): boolean {
    return this.#nonces?.othersSend === true;
  }

  /** Looks, once a minute at most, whether another process sends with this key; while this one sends, it sees that by itself. */
  lookOut(): void {
    const idle = this.#queue.size + this.#queue.pending === 0;
    const now = this.#clock();
    if (!this.#nonces || !idle || now < this.#lookedOutAt + LOOK_OUT_MS) return;
    this.#lookedOutAt = now;
    this.#queue
      .add(async () => {
        this.#waits.begin('look out');
        await this.#nonces?.saw(await this.#count('latest'));
      })
      // Looked again in a minute.
      .catch(() => undefined);
  }

  /**
   * @param what for the log, e.g. `bid`
   * @param build the call, e.g. `() => market.bid.populateTransaction(…)`; asked when its turn has come
   * @throws ChainError CHAIN_REVERTED with the contract's error name and arguments. With nothing sent: CHAIN_GAS_LIMIT,
   * CHAIN_TRANSACTION_TOO_LARGE, CHAIN_NO_COINS, CHAIN_GAS_PRICE, CHAIN_EARLIER_PENDING, CHAIN_TRANSACTION_REFUSED. Without effect:
   * CHAIN_NOT_MINED (cancelled), CHAIN_NONCE_TAKEN
   */
  send(
    what: string,
    build: () => Promise<ContractTransaction>,
    options: SendOptions = {},
  ): Promise<TransactionReceipt> {
    const times = timesOf(options);
    // Of two with the same priority the one that came first.
    const priority = -(times.due ?? performance.now() + USUALLY_DUE);
    return this.#queue.add(() => this.#sendNow(what, build, options, times), { priority });
  }

  /**
   * Sees a work through that was signed before, by this process or one that died: sends the same bytes
   * again, or with higher fees, and waits. A transaction that was mined and failed is returned with its receipt.
   * @param transactions all that were signed for it, of one nonce, the newest last
   * @returns undefined when it can't be mined any more: its nonce went to another transaction
   */
  resume(
    what: string,
    transactions: readonly SignedTransaction[],
    options: SendOptions = {},
  ): Promise<TransactionReceipt | undefined> {
    const times = timesOf(options);
    // Before anything else gets its nonce.
    const priority = Number.POSITIVE_INFINITY;
    return this.#queue.add(
      async () => {
        this.#waits.begin(what);
        const outcome = await this.#seeThrough(Slot.of(what, transactions), options, times);
        return outcome.kind === 'mined' ? outcome.receipt : undefined;
      },
      { priority },
    );
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  async #sendNow(
    what: string,
    build: () => Promise<ContractTransaction>,
    options: SendOptions,
    times: Times,
  ): Promise<TransactionReceipt> {
    const { provider, interfaces, log } = this.#options;
    this.#waits.begin(what);
    try {
      for (let beginning = 1; ; beginning++) {
        if (times.until !== undefined && performance.now() > times.until) throw tooLate(what);
        // First: what is simulated has to be simulated after it.
        const nonce = await this.#freeNonce(what, times);
        const call = callOf(await build());
        const head = await this.#ask(() => this.#market.recentHead());
        const gas = await this.#estimate(what, call, head);
        options.beforeSign?.({ gas, gasPrice: (head.baseFee ?? 0n) + head.tip });
        const slot = new Slot(what, nonce, call, gasLimitFor(what, gas, head.gasLimit, options.spareGas));
        const outcome = await this.#seeThrough(slot, options, times, head);
        if (outcome.kind === 'cancelled') throw notMined(slot);
        if (outcome.kind === 'taken') {
          // Whoever keeps what was signed begins anew by itself.
          if (beginning < BEGINNINGS && !options.beforeSend) continue;
          throw nonceTaken(slot);
        }
        const { receipt } = outcome;
        if (receipt.status !== 1) {
          await provider.call({ ...call, from: this.address, blockTag: receipt.blockNumber });
          throw new ChainError(
            'CHAIN_REVERTED',
            `transaction ${receipt.hash} (${what}) was mined and failed`,
            {
              retryable: true,
            },
          );
        }
        log.debug({ what, transaction: receipt.hash, gas: receipt.gasUsed.toString() }, 'transaction mined');
        return receipt;
      }
    } catch (error) {
      throw nameRevert(error, interfaces);
    } finally {
      this.#waits.end();
    }
  }

  async #seeThrough(
    slot: Slot,
    { beforeSend, onCost }: SendOptions,
    times: Times,
    head?: Head,
  ): Promise<Outcome> {
    const since = performance.now();
    const { nonce } = slot;
    const onWait = (reason: WaitReason): void => this.#waits.waitsFor(reason, nonce, since);
    this.#waits.hasSlot(slot);
    this.#nonces?.uses(nonce);
    try {
      const outcome = await seeThrough(slot, this.#tools(), { ...times, head, beforeSend, onWait });
      this.#next = outcome.kind === 'taken' ? undefined : nonce + 1;
      if (outcome.kind === 'taken') this.#nonces?.lost(nonce);
      else if (outcome.receipt) {
        this.#remember(slot, outcome.receipt.hash);
        onCost?.(outcome.receipt.fee);
      }
      return outcome;
    } catch (error) {
      // What was sent may still be mined.
      this.#next = undefined;
      throw error;
    } finally {
      this.#waits.hasSlot(undefined);
      this.#waits.end();
    }
  }

  /**
   * The account's next nonce, once nothing of it is open: what was pending before is waited for. The chain is asked each time: it may
   * have lost the last one since, and what is sent with a nonce behind a gap is mined after that has been sent again.
   * @throws ChainError CHAIN_EARLIER_PENDING
   */
  async #freeNonce(what: string, { due, until }: Times): Promise<number> {
    const since = performance.now();
    const patience = patienceFor(due === undefined ? undefined : due - since);
    let first: Head | undefined;
    for (;;) {
      const pending = await this.#count('pending');
      await this.#nonces?.saw(pending);
      if (pending === this.#next) return pending;
      const latest = await this.#count('latest');
      if (latest >= pending) return latest;
      this.#waits.waitsFor('earlier', latest, since);
      const now = performance.now();
      const head = await this.#ask(() => this.#market.head());
      first ??= head;
      // Two blocks have left it out.
      const isStuck = now >= since + patience && head.block > first.block + 1;
      if (this.#options.alone === true && isStuck) await this.#cancelEarlier(latest, head);
      else if (now >= Math.min(until ?? Number.POSITIVE_INFINITY, since + EARLIER_PATIENCE)) {
        throw new ChainError(
          'CHAIN_EARLIER_PENDING',
          `an earlier transaction of ${this.address}, nonce ${latest}, is not mined: ${what} waited ${((now - since) / 1000).toFixed(0)} s`,
          { retryable: true, hint: 'Nothing was sent. Replace that one by what sent it, or wait.' },
        );
      }
      await this.#rest();
    }
  }

  #remember({ nonce, attempts }: Slot, hash: string): void {
    const attempt = attempts.find((one) => one.hash === hash);
    if (attempt) this.#mined.set(nonce, attempt);
    this.#mined.delete(nonce - REMEMBERED);
  }

  /** What a reorganisation took from the chain, and no pool has, is sent again: the account's later work can't be mined before. */
  async #mend(from: number, to: number): Promise<void> {
    const { log, alone } = this.#options;
    for (let nonce = from; nonce < to; nonce++) {
      const gone = this.#mined.get(nonce);
      log.warn(
        { nonce, transaction: gone?.hash },
        'the chain has lost an earlier transaction, sending it again',
      );
      if (gone) await seeThrough(Slot.of('again', [gone]), this.#tools(), { onWait: () => undefined });
      else if (alone === true) await this.#cancelEarlier(nonce, await this.#ask(() => this.#market.head()));
    }
  }

  /** Takes the place of what an earlier process left, whatever it is. Which of them is mined is no matter: the nonce is free. */
  async #cancelEarlier(nonce: number, head: Head): Promise<void> {
    this.#options.log.warn({ nonce }, 'cancelling an earlier transaction that is stuck');
    const nothing: Call = { to: this.address, data: '0x', value: 0n };
    const gasLimit = gasLimitFor('cancel', await this.#estimate('cancel', nothing, head), head.gasLimit);
    const slot = new Slot('cancel', nonce, nothing, gasLimit);
    slot.cancelled = true;
    await this.#seeThrough(slot, {}, {}, head);
  }

  async #estimate(what: string, call: Call, head: Head): Promise<bigint> {
    const { provider, interfaces } = this.#options;
    const request: TransactionRequest = { ...call, from: this.address };
    return this.#ask(() => provider.estimateGas(request)).catch((error: unknown) => {
      const named = nameRevert(error, interfaces);
      if (named === error && classifyRefusal(error) === 'gas') {
        throw tooMuchGas(what, `more gas (${wordsOf(error)})`, mostGas(head.gasLimit), error);
      }
      throw named;
    });
  }

  #tools(): SeeThroughTools {
    const options = this.#options;
    const { provider, log, signal } = options;
    const ask = <T>(read: () => Promise<T>): Promise<T> => this.#ask(read);
    const mend = (from: number, to: number): Promise<void> => this.#mend(from, to);
    return {
      ...{ provider, wallet: this.#wallet, market: this.#market, log, ask, signal, mend },
      // A limit that is raised meanwhile lets what waits for it go on.
      get maxGasPrice() {
        return options.maxGasPrice;
      },
    };
  }

  #count(tag: 'pending' | 'latest'): Promise<number> {
    return this.#ask(() => this.#options.provider.getTransactionCount(this.address, tag));
  }

  async #rest(): Promise<void> {
    const { provider, signal } = this.#options;
    await sleep(Math.min(1000, provider.pollingInterval), undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }

  #ask<T>(read: () => Promise<T>): Promise<T> {
    return this.#waits.asking(() => patiently(this.#options.log, read, this.#options.signal));
  }
}

function timesOf({ withinSeconds, cancelSeconds = withinSeconds }: SendOptions): Times {
  const now = performance.now();
  const at = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : now + 1000 * seconds;
  return { due: at(withinSeconds), until: at(cancelSeconds) };
}

function notMined({ what, nonce }: Slot): ChainError {
  return new ChainError(
    'CHAIN_NOT_MINED',
    `${what}, nonce ${nonce}, was not mined in its time and was cancelled`,
    { retryable: true, hint: 'The gas price may have risen past what was offered: see max-gas-price.' },
  );
}

function tooLate(what: string): ChainError {
  return new ChainError('CHAIN_NOT_MINED', `${what}: its time was over before its turn came`, {
    retryable: true,
    hint: 'Nothing was sent. Others of the account were due before it, or the chain was away.',
  });
}

function nonceTaken({ what, nonce }: Slot): ChainError {
  return new ChainError('CHAIN_NONCE_TAKEN', `nonce ${nonce} of ${what} went to another transaction`, {
    retryable: true,
    hint: 'One process at a time may send with a key.',
  });
}
