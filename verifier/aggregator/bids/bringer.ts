import { Transaction, type ContractTransaction, type JsonRpcProvider, type TransactionReceipt } from 'ethers';
import { headsOf } from '../../../protocol/chain/heads.ts';
import { patiently } from '../../../protocol/chain/provider.ts';
import { isTooMuch } from '../../../protocol/chain/sending/limits.ts';
import type { Cost, Sender } from '../../../protocol/chain/sending/sender.ts';
import { outcomesOf } from '../../../protocol/contracts/brought-bids.ts';
import { bitsOf } from '../../../protocol/contracts/masks.ts';
import type { BidRefusal } from '../../../protocol/contracts/states.ts';
import type { Log } from '../../../protocol/log.ts';
import type { MarketReader } from '../../chain/market-reader.ts';
import { AggregatorError } from '../../errors.ts';
import type { BidBook, WaitingBid } from '../book/bids.ts';
import type { BringingBook } from '../book/bringings.ts';
import type { AggregatorMetrics } from '../metrics.ts';
import { bringReason, type BringReason } from './due.ts';
import type { MarketBids } from './market-bids.ts';
import { isWorth } from './worth.ts';

export interface BringerOptions {
  readonly reader: MarketReader;
  readonly provider: JsonRpcProvider;
  readonly sender: Sender;
  readonly market: MarketBids;
  readonly bids: BidBook;
  readonly bringings: BringingBook;
  readonly limits: {
    readonly bidAgeSeconds: number;
    /** Wei in 24 hours. */
    readonly bidBudget: bigint;
    /** Bids in one transaction at most. */
    readonly maxBatch: number;
    readonly staleMemorySeconds: number;
  };
  /** Worth of one native coin (10^18 wei) in 10^-18 of the asset; 0 brings at any gas price. */
  readonly assetPerNative: bigint;
  readonly log: Log;
  readonly metrics: AggregatorMetrics;
  /** Milliseconds. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** A bid that takes something now. */
interface Taking extends WaitingBid {
  readonly slices: bigint;
}

/** A transaction is in one of so many blocks. */
const SEND_BLOCKS = 3;

/** What keeps the bids of a batch from being brought now, with nothing sent. */
class NotBrought extends Error {
  readonly why: 'nothing' | 'unprofitable' | 'budget';

  constructor(why: NotBrought['why']) {
    super(why);
    this.why = why;
  }
}

/** What fails in its block by its prover's doing, since it was tried just before. */
const BLAMED: readonly BidRefusal[] = ['too-little-free', 'not-operator', 'nonce-used'];

/**
 * Brings what waits, of many provers and jobs in one transaction. At most one runs for an account at a time.
 *
 * The cheapest goes first: the market gives it all slices that it can have, and a dearer one what is left. So nothing has to be
 * chosen here, and a dearer bid stands in where a cheaper one fails.
 */
export class Bringer {
  readonly #options: BringerOptions;

  constructor(options: BringerOptions) {
    this.#options = options;
  }

  /** Why bids have to be brought now. */
  async due(signal: AbortSignal): Promise<BringReason | undefined> {
    const { bids, metrics, provider, log } = this.#options;
    const waiting = await bids.waitingTimes();
    metrics.waitingBids.set(waiting.length);
    if (waiting.length === 0) return undefined;
    return this.#reason(waiting, (await patiently(log, () => headsOf(provider).now(), signal)).timestamp);
  }

  /**
   * Brings batch after batch until nothing is due.
   * @returns false when it would cost more than it is worth, or than the budget has: try again later
   */
  async bringDue(): Promise<boolean> {
    const { bids, bringings, limits, clock } = this.#options;
    await bids.forget(clock() - limits.staleMemorySeconds * 1000);
    await bringings.forget(clock());
    for (;;) {
      const batch = await this.#nextBatch();
      if (batch === undefined) return true;
      const sent = await this.#bring(batch);
      if (sent === 'unprofitable' || sent === 'budget') return false;
    }
  }

  /** The oldest, the cheapest of them first. */
  async #nextBatch(): Promise<readonly WaitingBid[] | undefined> {
    const { bids, provider, limits } = this.#options;
    const { timestamp: now } = await this.#patiently(() => headsOf(provider).now());
    const waiting: WaitingBid[] = [];
    for (const entry of await bids.waiting(limits.maxBatch)) {
      if (entry.bid.validUntil < BigInt(now)) await this.#drop(entry, 'outdated');
      else waiting.push(entry);
    }
    const times = waiting.map(({ receivedAt, bid }) => ({ receivedAt, validUntil: Number(bid.validUntil) }));
    if (this.#reason(times, now) === undefined) return undefined;
    return waiting.sort((a, b) => compare(a.bid.unitPrice, b.bid.unitPrice) || a.id - b.id);
  }

  #reason(
    waiting: readonly { readonly receivedAt: number; readonly validUntil: number }[],
    now: number,
  ): BringReason | undefined {
    const { provider, limits, clock } = this.#options;
    const sendSeconds = SEND_BLOCKS * headsOf(provider).blockSeconds;
    return bringReason(waiting, { ...limits, sendSeconds }, now, clock());
  }

  async #bring(batch: readonly WaitingBid[]): Promise<'sent' | NotBrought['why']> {
    const { reader, provider, sender, bringings, log, clock } = this.#options;
    const now = (await this.#patiently(() => headsOf(provider).now())).timestamp;
    const ends = batch.map(({ bid }) => Number(bid.validUntil) - now);
    let taking: readonly Taking[] = [];
    let [id, reckoned, paid]: [number | undefined, bigint, bigint | undefined] = [undefined, 0n, undefined];
    let [tips, spent]: [readonly bigint[], bigint] = [[], 0n];
    // Tried when its turn has come: whatever was cancelled, withdrawn or bid meanwhile costs nothing.
    const build = async (): Promise<ContractTransaction> => {
      taking = await this.#rehearse(batch);
      if (taking.length === 0) throw new NotBrought('nothing');
      log.info({ bids: taking.length }, 'bringing bids');
      tips = await this.#tips(taking);
      spent = await bringings.spent(sender.address, clock());
      return reader.contracts.market.bidSigned.populateTransaction(taking.map(({ bid }) => bid));
    };
    try {
      const receipt = await sender.send('bring-bids', build, {
        withinSeconds: Math.min(...ends),
        cancelSeconds: Math.max(...ends),
        beforeSign: (cost) => {
          reckoned = cost.gas * cost.gasPrice;
          this.#expectPays(tips, spent, cost);
        },
        beforeSend: async ({ signed }) => {
          if (id !== undefined) return;
          id = await bringings.sending(sender.address, Transaction.from(signed).nonce, reckoned, clock());
        },
        onCost: (wei) => void (paid = wei),
      });
      await this.#book(taking, receipt);
      return 'sent';
    } catch (error) {
      if (error instanceof NotBrought) return error.why;
      if (id !== undefined || !isTooMuch(error) || batch.length === 1) throw error;
      log.info({ bids: batch.length }, 'too much for one transaction, bringing half');
      return await this.#bring(batch.slice(0, Math.ceil(batch.length / 2)));
    } finally {
      if (id !== undefined && paid !== undefined) await bringings.cost(id, paid);
    }
  }

  /** Those that take something after those before them; what never will is dropped, with why. */
  async #rehearse(batch: readonly WaitingBid[]): Promise<readonly Taking[]> {
    const { market } = this.#options;
    const together = await market.taken(batch.map(({ bid }) => bid));
    const taking: Taking[] = [];
    for (const [i, entry] of batch.entries()) {
      if (together[i] !== 0n) {
        taking.push({ ...entry, slices: together[i] });
        continue;
      }
      // Where only a cheaper one of the batch is before it, it waits for what becomes of that.
      const [alone] = await market.taken([entry.bid]);
      if (alone === 0n) await this.#drop(entry, await this.#whyNothing(entry));
    }
    return taking;
  }

  /** Bids that were brought by somebody else, who may have had them from here, used their nonce for what they say. */
  async #whyNothing({ bid }: WaitingBid): Promise<string> {
    const reason = await this.#options.market.whyNothing(bid);
    return reason === 'nonce-used' && (await this.#isHeld(bid)) ? 'brought-elsewhere' : reason;
  }

  async #isHeld({ jobId, prover, slices }: WaitingBid['bid']): Promise<boolean> {
    for (const slice of bitsOf(slices)) {
      const { state, holder } = await this.#options.reader.slice(jobId, slice);
      if (state === 'held' && holder === prover.toLowerCase()) return true;
    }
    return false;
  }

  /** The tip of each slice that they take. */
  async #tips(taking: readonly Taking[]): Promise<readonly bigint[]> {
    const { reader, assetPerNative } = this.#options;
    if (assetPerNative === 0n) return [];
    const tips = new Map<string, bigint>();
    for (const { bid } of taking) {
      if (!tips.has(bid.jobId)) tips.set(bid.jobId, (await reader.job(bid.jobId))?.settleTip ?? 0n);
    }
    return taking.flatMap(({ bid, slices }) => bitsOf(slices).map(() => tips.get(bid.jobId) ?? 0n));
  }

  /** @throws NotBrought */
  #expectPays(tips: readonly bigint[], spent: bigint, { gas, gasPrice }: Cost): void {
    const { assetPerNative, limits, log } = this.#options;
    const wei = gas * gasPrice;
    if (spent + wei > limits.bidBudget) {
      const fields = { spent: `${spent}`, wei: `${wei}`, budget: `${limits.bidBudget}` };
      log.warn({ code: 'BID_BUDGET_SPENT', ...fields }, 'the gas of a day for bids is spent, they are left');
      throw new NotBrought('budget');
    }
    if (assetPerNative === 0n || isWorth({ tips, gas, gasPrice, assetPerNative })) return;
    log.warn({ bids: tips.length, wei: `${wei}` }, 'bringing bids would cost more than their tips, waiting');
    throw new NotBrought('unprofitable');
  }

  async #book(taking: readonly Taking[], receipt: TransactionReceipt): Promise<void> {
    const { reader, bids, log, metrics, clock } = this.#options;
    const outcomes = outcomesOf(reader.contracts.market.interface, receipt.logs);
    if (outcomes.length !== taking.length) {
      throw new AggregatorError(
        'BIDS_UNTOLD',
        `${taking.length} bids were brought, ${outcomes.length} are told of`,
      );
    }
    for (const [i, entry] of taking.entries()) {
      const { taken, refused } = outcomes[i];
      if (refused === undefined) {
        await bids.brought(entry.id, bitsOf(taken).length, clock());
        metrics.bids.inc({ outcome: 'brought' });
      } else await this.#failed(entry, refused);
    }
    const gasUsed = Number(receipt.gasUsed);
    metrics.gasPerBid.observe(gasUsed / taking.length);
    const brought = outcomes.filter(({ refused }) => refused === undefined).length;
    const { hash: transaction, blockNumber: block } = receipt;
    log.info({ transaction, bids: taking.length, brought, gasUsed, block }, 'bids brought');
  }

  /** It took something when it was tried, and nothing in its block. */
  async #failed(entry: WaitingBid, refused: BidRefusal): Promise<void> {
    const reason =
      refused === 'nonce-used' && (await this.#isHeld(entry.bid)) ? 'brought-elsewhere' : refused;
    await this.#drop(
      entry,
      reason,
      BLAMED.some((blamed) => blamed === reason),
    );
  }

  async #drop({ id, bid }: WaitingBid, reason: string, blamed = false): Promise<void> {
    const { bids, log, metrics, clock } = this.#options;
    await bids.drop(id, reason, blamed, clock());
    metrics.bids.inc({ outcome: reason });
    const { jobId, prover } = bid;
    log[blamed ? 'warn' : 'info']({ jobId, prover, reason, blamed }, 'bid dropped');
  }

  #patiently<T>(read: () => Promise<T>): Promise<T> {
    return patiently(this.#options.log, read, this.#options.signal);
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
