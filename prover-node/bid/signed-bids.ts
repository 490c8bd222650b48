import { hexlify } from 'ethers';
import { z } from 'zod';
import { submissionOf } from '../../protocol/bid-submission.ts';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept } from '../../protocol/files/kept-json.ts';
import type { Log } from '../../protocol/log.ts';
import type { BidCall, NodeAccount } from '../account.ts';
import type { JobView, SliceView, Snapshot } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import { handBidTo } from '../hand-in/aggregator-client.ts';
import type { GasUsed } from '../pricing/gas-used.ts';
import { because, type Reason } from '../reasons.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { NodeMetrics } from '../status/metrics.ts';
import type { Twin } from '../twin.ts';
import { undercut } from './decide.ts';

export interface SignedBidsOptions {
  readonly account: NodeAccount;
  /** Where they are asked for each time: base URLs. */
  readonly aggregators: readonly string[];
  /** Whether bids are signed at all. */
  readonly signing: boolean;
  readonly stakes: Pick<Stakes, 'promise'>;
  readonly gasUsed: Pick<GasUsed, 'record'>;
  readonly metrics: Pick<NodeMetrics, 'bid' | 'signedBid'>;
  /** Keeps what is out, so that a restart doesn't forget what it may have to prove. */
  readonly file: string;
  readonly log: Log;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

type Stake = Parameters<Stakes['promise']>[0];

/** A signed bid, and what it may put up. */
const outSchema = z.object({
  jobId: z.string(),
  slices: z.array(z.int().nonnegative()),
  unitPrice: z.string(),
  validUntil: z.int(),
  aggregator: z.string(),
  stake: z.object({
    amount: z.string(),
    gas: z.string(),
    works: z.array(z.object({ seconds: z.number(), from: z.number(), dueIn: z.number() })),
  }),
});

const schema = z.object({
  format: z.literal('sliceproof-signed-bids/1'),
  bids: z.array(outSchema).max(10_000),
});

type Kept = z.infer<typeof outSchema>;

interface Out extends Kept {
  readonly release: () => void;
}

/** Milliseconds for which an aggregator isn't asked again that did not take a bid, or took one and did not bring it. */
const REST_MS = 300_000;

/**
 * Seconds for which a bid is signed: a bid window, the time that the market leaves others to come in, and a transaction's time at
 * least; so much before the last second for a bid that it can still be sent. Undefined: there is no time for both.
 * @param left until that second
 * @param step that a transaction is reckoned to take
 */
export function signedSeconds(left: number, bidWindow: number, step: number): number | undefined {
  const seconds = Math.min(Math.ceil(Math.max(bidWindow, step)), Math.floor(left - step));
  return seconds >= step ? seconds : undefined;
}

/**
 * The bids that the node signed and aggregators may bring. While one is out its collateral and its proving count as put up, and
 * its slices aren't bid on in another way. It ends when the chain shows that it was brought or can't be any more, by its own last
 * second at the latest: nothing has to be cancelled.
 */
export class SignedBids {
  readonly #options: SignedBidsOptions;
  readonly #out = new Set<Out>();
  /** Until when an aggregator rests. */
  readonly #rests = new Map<string, number>();

  private constructor(options: SignedBidsOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier process of the node signed. @throws FileError FILE_UNREADABLE */
  static async load(options: SignedBidsOptions, twin: Pick<Twin, 'expect'>): Promise<SignedBids> {
    const { file, log } = options;
    const signed = new SignedBids(options);
    const { bids = [] } = (await readKept(file, schema, { owner: true, log })) ?? {};
    for (const kept of bids) {
      twin.expect(kept.jobId, kept.slices);
      signed.#keep(kept);
    }
    return signed;
  }

  /** Looks what became of those that are out; after the stakes have looked, and before anybody decides. */
  consider({ jobs, now }: Pick<Snapshot, 'jobs' | 'now'>): void {
    const before = this.#out.size;
    for (const bid of this.#out) {
      const job = jobs.find(({ id }) => id === bid.jobId);
      const result = this.#resultOf(bid, job, now);
      if (result !== undefined) this.#end(bid, result);
    }
    if (this.#out.size < before) void this.#write().catch(() => undefined);
  }

  /** That a bid on a slice is out, if one is. */
  whyOut(job: JobView, slice: SliceView, now: number): Reason | undefined {
    for (const bid of this.#out) {
      if (bid.jobId !== job.id || !bid.slices.includes(slice.index) || !this.#isAlive(bid, job, slice))
        continue;
      const { aggregator, unitPrice, validUntil } = bid;
      return because(
        'SIGNED',
        (amount) =>
          `its signed bid of ${amount(BigInt(unitPrice))} is with ${aggregator}, to be brought within ${Math.max(0, validUntil - now)} s`,
      );
    }
    return undefined;
  }

  /**
   * Signs a bid and hands it to the first aggregator that takes it.
   * @param seconds as of {@link signedSeconds}
   * @returns whether one did: else it is to be sent
   */
  async handOut(call: BidCall, stake: Stake, now: number, seconds: number | undefined): Promise<boolean> {
    const { account, signing, aggregators, randomBytes, log, metrics, signal, clock } = this.#options;
    const asked = aggregators.filter((one) => clock() >= (this.#rests.get(one) ?? Number.NEGATIVE_INFINITY));
    if (!signing || seconds === undefined || asked.length === 0) return false;
    const [jobId, , mask, unitPrice] = call;
    const slices = bitsOf(mask);
    const validUntil = now + seconds;
    const nonce = BigInt(hexlify(randomBytes(32)));
    const signed = submissionOf(await account.signBid(call, { nonce, validUntil: BigInt(validUntil) }));
    for (const aggregator of asked) {
      const { amount, gas, works } = stake;
      const bid = this.#keep({
        ...{ jobId, slices, unitPrice: `${unitPrice}`, validUntil, aggregator },
        stake: { amount: `${amount}`, gas: `${gas}`, works: [...works] },
      });
      try {
        // First: whoever has it may bring it, whatever becomes of this process or of the answer.
        await this.#write();
        // Half of its time is for its way to the chain.
        await handBidTo(aggregator, signed, seconds / 2 / asked.length, signal);
        log.info({ jobId, slices, unitPrice: `${unitPrice}`, validUntil, aggregator }, 'bid signed');
        return true;
      } catch (error) {
        this.#drop(bid);
        signal.throwIfAborted();
        if (error instanceof FileError) break;
        if (!(error instanceof NodeError)) throw error;
        log.warn(
          { aggregator, code: error.code, reason: error.message },
          'aggregator did not take a signed bid',
        );
        // What the market refuses another would refuse too, and is no fault of the aggregator's.
        if (error.details.code !== 'BID_REFUSED') this.#rest(aggregator);
      }
    }
    metrics.signedBid('refused');
    return false;
  }

  #resultOf(bid: Out, job: JobView | undefined, now: number): 'brought' | 'outbid' | 'expired' | undefined {
    const slices = job?.slices.filter(({ index }) => bid.slices.includes(index)) ?? [];
    if (slices.some((slice) => this.#isMine(slice))) return 'brought';
    if (job && !slices.some((slice) => this.#isAlive(bid, job, slice))) return 'outbid';
    return now > bid.validUntil ? 'expired' : undefined;
  }

  /** Whether a bid could still take a slice. */
  #isAlive({ unitPrice }: Out, { offer }: JobView, slice: SliceView): boolean {
    if (slice.state === 'open') return true;
    return (
      slice.state === 'held' &&
      !this.#isMine(slice) &&
      BigInt(unitPrice) <= undercut(slice.unitPrice, offer.minUndercutBps)
    );
  }

  #isMine({ state, holder }: SliceView): boolean {
    return state === 'held' && sameAddress(holder, this.#options.account.address);
  }

  #end(bid: Out, result: 'brought' | 'outbid' | 'expired'): void {
    const { metrics, gasUsed, log } = this.#options;
    const { jobId, slices, unitPrice, aggregator } = bid;
    this.#drop(bid);
    metrics.signedBid(result);
    const fields = { jobId, slices, unitPrice, aggregator, result };
    if (result === 'brought') {
      metrics.bid(slices.length, 0);
      void gasUsed.record('bid', 0n);
      log.info(fields, 'signed bid was brought');
      return;
    }
    metrics.bid(0, slices.length);
    if (result === 'expired') this.#rest(aggregator);
    log[result === 'expired' ? 'warn' : 'info'](fields, 'signed bid was not brought');
  }

  #rest(aggregator: string): void {
    this.#rests.set(aggregator, this.#options.clock() + REST_MS);
  }

  #keep(kept: Kept): Out {
    const { amount, gas, works } = kept.stake;
    const release = this.#options.stakes.promise({ amount: BigInt(amount), gas: BigInt(gas), works });
    const bid = { ...kept, release };
    this.#out.add(bid);
    return bid;
  }

  #drop(bid: Out): void {
    bid.release();
    this.#out.delete(bid);
  }

  /** @throws FileError */
  #write(): Promise<void> {
    const bids = [...this.#out].map(({ release: _, ...kept }) => kept);
    return writeKept(this.#options.file, { format: 'sliceproof-signed-bids/1', bids });
  }
}
