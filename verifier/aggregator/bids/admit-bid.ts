import type { JsonRpcProvider } from 'ethers';
import type { HandedBid } from '../../../protocol/bid-submission.ts';
import { isOutage } from '../../../protocol/chain/outage.ts';
import { bitsOf } from '../../../protocol/contracts/masks.ts';
import { isSignedByKey } from '../../../protocol/contracts/signed-bid.ts';
import type { BidRefusal } from '../../../protocol/contracts/states.ts';
import type { JobNow, MarketReader } from '../../chain/market-reader.ts';
import { AggregatorError } from '../../errors.ts';
import type { BidBook } from '../book/bids.ts';
import type { BringingBook } from '../book/bringings.ts';
import type { ProofBook } from '../book/proofs.ts';
import type { Coins } from '../intake/coins.ts';
import { expectGoodBidder, type BidConduct } from './conduct.ts';
import type { MarketBids } from './market-bids.ts';
import { BID_GAS, isWorth } from './worth.ts';

export interface BidIntake {
  readonly reader: MarketReader;
  readonly provider: JsonRpcProvider;
  readonly market: MarketBids;
  readonly bids: BidBook;
  readonly proofs: ProofBook;
  readonly bringings: BringingBook;
  readonly coins: Coins;
  /** The account that brings them. */
  readonly settler: string;
  readonly limits: BidConduct & {
    /** Wei in 24 hours; 0: none are taken. */
    readonly bidBudget: bigint;
    readonly assetPerNative: bigint;
    readonly maxBids: number;
    readonly maxBidsPerProver: number;
    /** Bids that are checked at once. */
    readonly maxPending: number;
  };
  /** Milliseconds. */
  readonly clock: () => number;
  /** Bids that are being checked right now, by {@link nameOf}. */
  readonly checking: Set<string>;
}

/** Milliseconds in which a prover's bids are counted. */
const RATE_MS = 60_000;

/**
 * Takes a signed bid if the market would take something by it now and it is worth its gas. Handing in the same again answers for
 * what is there already.
 * @returns how many bids wait before it
 * @throws AggregatorError BIDS_NOT_TAKEN, BID_NOT_SIGNED, BID_REFUSED, BID_ADMISSION, BID_UNPROFITABLE, BID_BUDGET_SPENT, BID_CREDIT_USED,
 * PROVER_DROPPED, PROVER_BUSY, JOB_UNKNOWN, AGGREGATOR_BUSY, AGGREGATOR_NO_COINS, CHAIN_AWAY
 */
export async function admitBid(intake: BidIntake, bid: HandedBid): Promise<number> {
  const { reader, bids, limits, checking } = intake;
  if (limits.bidBudget === 0n) {
    throw new AggregatorError('BIDS_NOT_TAKEN', 'this aggregator brings no signed bids', {
      hint: 'Bid by yourself, or try another aggregator.',
    });
  }
  // Before anything is asked of database or chain.
  if (!isSignedByKey(reader.contracts.deployment, bid)) {
    throw new AggregatorError(
      'BID_NOT_SIGNED',
      `expected a signature by the key of ${bid.signer} for market ${reader.contracts.deployment.addresses.market} on chain ${reader.contracts.deployment.chainId}`,
      { hint: 'Bids that a contract signs are taken by the market, not here.' },
    );
  }
  const known = await bids.withNonce(bid);
  if (known?.signature === bid.signature) return known.brought ? 0 : (await bids.countWaiting()) - 1;
  if (known !== undefined) throw refused('nonce-used', 'another bid with its nonce was taken');

  const name = nameOf(bid);
  if (checking.size >= limits.maxPending || checking.has(name)) {
    throw new AggregatorError('AGGREGATOR_BUSY', `${checking.size} bids are being checked`, {
      retryable: true,
    });
  }
  checking.add(name);
  try {
    return await check(intake, bid);
  } catch (error) {
    if (!isOutage(error)) throw error;
    throw new AggregatorError('CHAIN_AWAY', 'the chain does not answer, so the bid can’t be checked', {
      retryable: true,
      cause: error,
    });
  } finally {
    checking.delete(name);
  }
}

async function check(intake: BidIntake, bid: HandedBid): Promise<number> {
  const { bids, proofs, bringings, coins, settler, limits, market, clock } = intake;
  const now = clock();
  await expectGoodBidder({ bids, proofs }, bid.prover, limits, now);
  const waiting = await bids.countWaiting();
  if (waiting >= limits.maxBids) throw tooMany('AGGREGATOR_BUSY', `${waiting} bids wait`);
  if ((await bids.countOf(bid.prover, now - RATE_MS)) >= limits.maxBidsPerProver) {
    throw tooMany(
      'PROVER_BUSY',
      `${limits.maxBidsPerProver} bids of ${bid.prover} wait or came within a minute`,
    );
  }
  const spent = await bringings.spent(settler, now);
  if (spent >= limits.bidBudget) {
    throw tooMany(
      'BID_BUDGET_SPENT',
      `bringing bids took ${spent} wei in 24 hours, bid-budget is ${limits.bidBudget}`,
    );
  }
  await coins.expectEnough((await proofs.countWaiting()) + waiting + 1);

  const job = await tracedJob(intake, bid);
  const [taken] = await market.taken([bid]);
  if (taken === 0n) {
    throw refused(
      await market.whyNothing(bid),
      `the market would take nothing of job ${bid.jobId} for ${bid.prover}`,
    );
  }
  await expectWorth(intake, job, taken);
  const since = now - RATE_MS;
  const { maxBids, maxBidsPerProver } = limits;
  if (await bids.add(bid, { maxBids, maxBidsPerProver, since }, now)) return waiting;
  throw tooMany('AGGREGATOR_BUSY', 'another bid came first');
}

async function tracedJob({ reader }: BidIntake, { jobId, prover }: HandedBid): Promise<JobNow> {
  const job = await reader.job(jobId);
  if (job?.traceHash === undefined) {
    throw new AggregatorError(
      'JOB_UNKNOWN',
      job === undefined
        ? `the market knows no job ${jobId}`
        : `job ${jobId} has no trace (it is ${job.state})`,
      { retryable: job === undefined || job.state === 'posted' || job.state === 'claimed' },
    );
  }
  if (job.asksWhoEnters && job.executor !== prover.toLowerCase()) {
    throw new AggregatorError(
      'BID_ADMISSION',
      `job ${jobId} has another contract say who may bid, whose answer in a transaction may be another one`,
      { hint: 'Bid by yourself.' },
    );
  }
  return job;
}

async function expectWorth(
  { provider, limits }: BidIntake,
  { settleTip }: JobNow,
  taken: bigint,
): Promise<void> {
  const { assetPerNative } = limits;
  if (assetPerNative === 0n) return;
  const gasPrice = BigInt((await provider.send('eth_gasPrice', [])) as string);
  const tips = bitsOf(taken).map(() => settleTip);
  if (isWorth({ tips, gas: BID_GAS, gasPrice, assetPerNative })) return;
  throw new AggregatorError(
    'BID_UNPROFITABLE',
    `${tips.length} tips of ${settleTip} are worth less than the gas of a bid and its settlements`,
    { hint: 'Bid by yourself.' },
  );
}

function refused(reason: BidRefusal, message: string): AggregatorError {
  return new AggregatorError('BID_REFUSED', `${message}: ${reason}`, { details: { reason } });
}

function tooMany(code: string, message: string): AggregatorError {
  return new AggregatorError(code, message, {
    retryable: true,
    hint: 'Bid by yourself, or try another aggregator.',
  });
}

function nameOf({ signer, nonce }: HandedBid): string {
  return `${signer.toLowerCase()}:${nonce}`;
}
