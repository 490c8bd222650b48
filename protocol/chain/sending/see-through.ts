import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, TransactionReceipt, Wallet } from 'ethers';
import type { Log } from '../../log.ts';
import { ChainError } from '../errors.ts';
import type { Head as ChainHead } from '../head.ts';
import { headsOf, type Heads } from '../heads.ts';
import { firstFees, isEnough, nextFees, patienceFor, type Fees } from './fees.ts';
import type { GasReader, Head } from './gas-market.ts';
import { tooLarge, tooMuchGas } from './limits.ts';
import { classifyRefusal, wordsOf, type Refusal } from './refusals.ts';
import type { Attempt, SignedTransaction, Slot } from './slot.ts';
import type { WaitReason } from './waits.ts';

export interface SeeThroughTools {
  readonly provider: JsonRpcProvider;
  readonly wallet: Wallet;
  readonly market: GasReader;
  readonly log: Log;
  /** Asks the chain until it answers. */
  readonly ask: <T>(read: () => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
  /** The most that is offered, wei a unit of gas; undefined: no bound. */
  readonly maxGasPrice?: bigint | undefined;
  /**
   * Sees to it that nonces are used again which a reorganisation freed, the first included, the last not: nothing after them
   * is mined before.
   */
  readonly mend: (from: number, to: number) => Promise<void>;
}

export interface SeeThroughOptions {
  /** `performance.now()` at which the work is due. */
  readonly due?: number | undefined;
  /** The same at which it is of no use any more: it is cancelled then. */
  readonly until?: number | undefined;
  /** The chain as it stands, where the caller knows it already. */
  readonly head?: Head | undefined;
  /** Runs before an attempt is sent for the first time. */
  readonly beforeSend?: ((transaction: SignedTransaction) => Promise<void>) | undefined;
  readonly onWait: (reason: WaitReason) => void;
}

export type Outcome =
  | { readonly kind: 'mined'; readonly receipt: TransactionReceipt }
  /** Its time was over, and what took its place was mined, or it was never sent. */
  | { readonly kind: 'cancelled'; readonly receipt?: TransactionReceipt }
  /** The nonce went to a transaction that is none of the attempts, or is occupied by one. */
  | { readonly kind: 'taken' };

/** Looks at a used nonce without a receipt of ours: an RPC of several machines may lag by some. */
const LOOKS = 5;
/** Looks at a nonce before it that isn't used any more: an RPC of several machines may lag by some. */
const GAP_LOOKS = 3;
/** Milliseconds, as a deadline's: others wait behind what is cancelled. */
const CANCEL_HURRY = 40_000;
/** Offers that a pool may refuse as too low, each an eighth above the last. */
const TRIES = 30;
const FIRST_PAUSE = 250;
/** After which a block's receipts are asked for a second time: an RPC of several machines may know a head before each of them does. */
const REPLICA_PAUSE = 400;
const LONGEST_PAUSE = 3000;
/** Seconds between blocks from which on they are taken for made by a clock: chains that mine on demand seem to have some at the most. */
const PACED_SECONDS = 1.5;

/**
 * Sends a slot's work until its nonce is used: raises the fees of what no block took, sends again what a pool dropped, and
 * cancels it when its time is over. Whichever attempt is mined is known by its hash.
 * @throws ChainError CHAIN_NO_COINS, CHAIN_GAS_LIMIT, CHAIN_TRANSACTION_TOO_LARGE, CHAIN_GAS_PRICE, each with nothing sent
 */
export async function seeThrough(
  slot: Slot,
  tools: SeeThroughTools,
  options: SeeThroughOptions,
): Promise<Outcome> {
  return new SeeingThrough(slot, tools, options).run();
}

class SeeingThrough {
  readonly #slot: Slot;
  readonly #tools: SeeThroughTools;
  readonly #options: SeeThroughOptions;
  /** When fees are looked at again. */
  #reviewAt = 0;
  /** The head when the last attempt was sent: only a block after it can have left it out. */
  #sentAt = 0;
  #missing = 0;
  #gaps = 0;
  #pause: number;

  constructor(slot: Slot, tools: SeeThroughTools, options: SeeThroughOptions) {
    this.#slot = slot;
    this.#tools = tools;
    this.#options = options;
    this.#pause = Math.min(FIRST_PAUSE, tools.provider.pollingInterval);
  }

  async run(): Promise<Outcome> {
    const { signal, provider } = this.#tools;
    const fresh = this.#slot.last === undefined;
    if (!fresh && this.#isOver()) {
      // Signed earlier, perhaps never sent, and too late: nothing is to be cancelled that nobody knows.
      if (!(await this.#isKnown())) return { kind: 'cancelled' };
    } else if (!(await this.#open())) return { kind: 'taken' };
    const heads = headsOf(provider);
    // Where blocks have a pace of their own, none has what was shown a moment ago.
    let tooEarly = fresh && heads.blockSeconds > PACED_SECONDS;
    let isNew = false;
    for (;;) {
      const seen = heads.latest;
      let outcome = tooEarly ? undefined : await this.#mined();
      if (!outcome && isNew) {
        await sleep(REPLICA_PAUSE, undefined, { signal }).catch(() => signal?.throwIfAborted());
        outcome = await this.#mined();
      }
      if (outcome) return outcome;
      tooEarly = false;
      signal?.throwIfAborted();
      if (this.#isOver() && !this.#slot.cancelled) {
        this.#slot.cancelled = true;
        this.#reviewAt = 0;
      }
      if (performance.now() >= this.#reviewAt) await this.#review();
      const waits = seen !== undefined && this.#missing + this.#gaps === 0;
      if (waits) await this.#nextBlock(heads, seen);
      else await this.#rest();
      isNew = waits && heads.latest?.hash !== seen.hash;
    }
  }

  async #rest(): Promise<void> {
    const { signal, provider } = this.#tools;
    await sleep(this.#pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
    this.#pause = Math.min(this.#pause * 1.6, Math.max(LONGEST_PAUSE, provider.pollingInterval));
  }

  /**
   * Until there can be a receipt, or fees are looked at again, or its time is over. Where nobody in this process follows the
   * chain it is asked for now and then instead: a receipt is one call, and so would be the head.
   */
  async #nextBlock(heads: Heads, seen: ChainHead): Promise<void> {
    const { signal } = this.#tools;
    const { until = Number.POSITIVE_INFINITY } = this.#options;
    const end = this.#slot.cancelled ? this.#reviewAt : Math.min(this.#reviewAt, until);
    const over = AbortSignal.timeout(Math.max(1, Math.ceil(end - performance.now())));
    try {
      await heads.next(seen, { signal: signal ? AbortSignal.any([signal, over]) : over });
    } catch {
      signal?.throwIfAborted();
      if (!over.aborted) await this.#rest();
    }
  }

  /** How long fees stand, milliseconds. */
  get #patience(): number {
    const { due } = this.#options;
    if (this.#slot.cancelled) return patienceFor(CANCEL_HURRY);
    return patienceFor(due === undefined ? undefined : due - performance.now());
  }

  #isOver(whenNever = false): boolean {
    const { until } = this.#options;
    return until === undefined ? whenNever : performance.now() >= until;
  }

  /** Brings the first attempt, or what was sent earlier, to the pool. @returns false when another occupies the nonce */
  async #open(): Promise<boolean> {
    const { market, signal } = this.#tools;
    const earlier = this.#slot.last;
    let { head } = this.#options;
    for (;;) {
      head ??= await this.#ask(() => market.head());
      const refusal = earlier ? await this.#broadcast(earlier, head) : await this.#first(head);
      if (refusal === 'occupied') return false;
      // By another transaction, or by itself: whose the nonce is, its receipt will say.
      if (refusal === 'nonce-used') this.#missing = 1;
      // What was signed earlier is replaced when its time has come, whatever a pool says of it.
      if (refusal === undefined || refusal === 'known' || refusal === 'nonce-used' || earlier) return true;
      const reason = refusal === 'no-room' ? 'pool' : 'max-gas-price';
      // Without a time for it there is nothing to wait for.
      if (this.#isOver(true)) throw this.#neverSent(reason, head);
      this.#options.onWait(reason);
      await sleep(LONGEST_PAUSE, undefined, { signal }).catch(() => undefined);
      signal?.throwIfAborted();
      head = undefined;
    }
  }

  /** Offers what is wanted now, and more or less until the pool takes it. @throws ChainError what can't be sent at all */
  async #first(head: Head): Promise<Refusal | undefined> {
    const { maxGasPrice } = this.#tools;
    let fees: Fees | undefined = firstFees(head, maxGasPrice);
    let refusal: Refusal = 'too-cheap';
    for (let tries = 0; fees !== undefined && isEnough(fees, head) && tries < TRIES; tries++) {
      const attempt = await this.#sign(fees, head);
      if (attempt.hash !== this.#slot.last?.hash) {
        await this.#options.beforeSend?.(attempt);
        // Once shown it may be mined, whatever is answered.
        this.#slot.attempts.push(attempt);
      }
      const answer = await this.#broadcast(attempt, head, (error) => this.#refused(error));
      if (answer === undefined || answer === 'known') return undefined;
      refusal = answer;
      if (refusal === 'no-coins') {
        const offered: Fees = fees;
        fees = await this.#affordable(offered, head);
        if (fees === undefined) throw await this.#noCoins(offered);
      } else if (refusal === 'too-cheap' || (refusal === 'occupied' && this.#slot.cancelled)) {
        fees = nextFees(fees, head, maxGasPrice);
      } else return refusal;
    }
    return refusal;
  }

  /** Raises the fees if a block came that left it out, else sends the same again: a pool may have dropped it. */
  async #review(): Promise<void> {
    const { market, log } = this.#tools;
    const slot = this.#slot;
    const last = slot.last as Attempt;
    const head = await this.#ask(() => market.head());
    this.#reviewAt = performance.now() + this.#patience;
    const turns = slot.cancelled && !last.cancels;
    if (head.block <= this.#sentAt && !turns) {
      await this.#broadcast(last, head);
      return;
    }
    const fees = nextFees(last.fees, head, this.#tools.maxGasPrice);
    if (fees === undefined) {
      this.#options.onWait('max-gas-price');
      await this.#broadcast(last, head);
      return;
    }
    this.#options.onWait('block');
    const attempt = await this.#sign(fees, head);
    if (!attempt.cancels) await this.#options.beforeSend?.(attempt);
    const refusal = await this.#broadcast(attempt, head);
    if (refusal === 'no-coins') {
      this.#options.onWait('coins');
      await this.#broadcast(last, head);
      return;
    }
    // Whatever a pool said of it, it was shown and may be mined.
    slot.attempts.push(attempt);
    // It asks for more than an eighth: raised again at once.
    if (refusal === 'occupied' || refusal === 'too-cheap') this.#reviewAt = 0;
    const fields = { what: slot.what, nonce: slot.nonce, transaction: attempt.hash, refusal };
    log.info(
      { ...fields, maxFee: fees.maxFee.toString(), tip: fees.tip.toString(), cancels: attempt.cancels },
      'transaction replaced',
    );
  }

  /** @param onOther what to throw for a refusal that is none of the transaction's time */
  async #broadcast(
    { hash, signed }: SignedTransaction,
    head: Head,
    onOther: (error: unknown) => void = () => undefined,
  ): Promise<Refusal | undefined> {
    const { provider } = this.#tools;
    this.#sentAt = Math.max(this.#sentAt, head.block);
    this.#reviewAt = performance.now() + this.#patience;
    try {
      // The same bytes may be sent again after an outage: the chain takes them once.
      await this.#ask(() => provider.send('eth_sendRawTransaction', [signed]));
      return undefined;
    } catch (error) {
      this.#tools.signal?.throwIfAborted();
      const refusal = classifyRefusal(error);
      if (refusal === 'known') return refusal;
      // An answer may have been lost, and the refusal be about what came of it.
      if (await this.#ask(() => provider.getTransaction(hash))) return 'known';
      onOther(error);
      return refusal;
    }
  }

  async #isKnown(): Promise<boolean> {
    const { provider } = this.#tools;
    for (const { hash } of this.#slot.attempts) {
      if (await this.#ask(() => provider.getTransaction(hash))) return true;
    }
    return false;
  }

  #refused(error: unknown): void {
    const { what } = this.#slot;
    const refusal = classifyRefusal(error);
    if (refusal === 'gas') throw tooMuchGas(what, `more gas (${wordsOf(error)})`, undefined, error);
    if (refusal === 'too-large') throw tooLarge(what, 'too many bytes', error);
    if (refusal === 'other') {
      throw new ChainError('CHAIN_TRANSACTION_REFUSED', `the chain takes no ${what}: ${wordsOf(error)}`, {
        retryable: true,
        cause: error,
      });
    }
  }

  /** The work's receipt, or what else became of the nonce; undefined while it is open. */
  async #mined(): Promise<Outcome | undefined> {
    const { provider, wallet } = this.#tools;
    const { attempts, nonce } = this.#slot;
    if (attempts.length === 1) {
      const outcome = await this.#outcomeOf(attempts[0]);
      if (outcome) return outcome;
      // Asked now and then only: somebody else may have used the nonce.
      if (performance.now() < this.#reviewAt && this.#missing + this.#gaps === 0) return undefined;
    }
    const used = await this.#ask(() => provider.getTransactionCount(wallet.address, 'latest'));
    this.#gaps = used < nonce ? this.#gaps + 1 : 0;
    if (this.#gaps >= GAP_LOOKS) {
      await this.#tools.mend(used, nonce);
      this.#gaps = 0;
    }
    if (used <= nonce) return undefined;
    for (const attempt of [...attempts].reverse()) {
      const outcome = await this.#outcomeOf(attempt);
      if (outcome) return outcome;
    }
    return ++this.#missing >= LOOKS ? { kind: 'taken' } : undefined;
  }

  async #outcomeOf({ hash, cancels }: Attempt): Promise<Outcome | undefined> {
    const receipt = await this.#ask(() => this.#tools.provider.getTransactionReceipt(hash));
    if (!receipt) return undefined;
    return { kind: cancels ? 'cancelled' : 'mined', receipt };
  }

  async #sign(fees: Fees, { baseFee }: Head): Promise<Attempt> {
    const { wallet, provider } = this.#tools;
    return this.#slot.sign(wallet, provider._network.chainId, fees, baseFee === undefined);
  }

  /** Less headroom for the base fee, if the coins are enough for that. */
  async #affordable(fees: Fees, { baseFee = 0n, tip }: Head): Promise<Fees | undefined> {
    const { call, gasLimit } = this.#slot;
    const maxFee = ((await this.#coins()) - call.value) / gasLimit;
    if (maxFee >= fees.maxFee || maxFee < baseFee + (baseFee >> 3n)) return undefined;
    return { maxFee, tip: tip < maxFee ? tip : maxFee };
  }

  async #noCoins({ maxFee }: Fees): Promise<ChainError> {
    const { what, call, gasLimit } = this.#slot;
    const { address } = this.#tools.wallet;
    const [needed, coins] = [gasLimit * maxFee + call.value, await this.#coins()];
    return new ChainError(
      'CHAIN_NO_COINS',
      `${what} may cost ${needed} wei (${gasLimit} gas at ${maxFee}), ${address} has ${coins}`,
      {
        retryable: true,
        hint: `Nothing was sent. Send the chain’s coin to ${address}.`,
        details: { needed, coins },
      },
    );
  }

  #coins(): Promise<bigint> {
    const { provider, wallet } = this.#tools;
    return this.#ask(() => provider.getBalance(wallet.address));
  }

  #neverSent(reason: WaitReason, { baseFee = 0n, tip }: Head): ChainError {
    const { what } = this.#slot;
    return reason === 'max-gas-price'
      ? new ChainError(
          'CHAIN_GAS_PRICE',
          `a unit of gas costs ${baseFee + tip} wei now, max-gas-price lets ${what} offer ${this.#tools.maxGasPrice ?? 'less'}`,
          { retryable: true, hint: 'Nothing was sent. Wait for cheaper gas, or raise max-gas-price.' },
        )
      : new ChainError('CHAIN_TRANSACTION_REFUSED', `the pool has no room for ${what}`, { retryable: true });
  }

  #ask<T>(read: () => Promise<T>): Promise<T> {
    return this.#tools.ask(read);
  }
}
