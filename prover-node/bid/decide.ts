import { ceilDiv, type AskingPrice } from '../pricing/cost.ts';
import { because, NOT_MEASURED, type Amount, type Reason } from '../reasons.ts';
import { secondsIn } from '../stake/bound.ts';
import { tooLittleGas } from '../stake/decide.ts';
import { fits, holdAsWork, type Capacity, type Work } from './capacity.ts';

/** The terms of a job that bids are judged by. Times are chain time, in seconds. */
export interface BidTerms {
  readonly now: number;
  readonly bidWindow: number;
  readonly proveSeconds: number;
  readonly deadline: number;
  readonly minUndercutBps: number;
}

/** A slice that could be bid on: the node has everything for it and has checked it. */
export interface Candidate {
  readonly slice: number;
  readonly weight: bigint;
  /** What this node wants for it. */
  readonly price: AskingPrice;
  /** Estimate of proving it, seconds of one worker. */
  readonly seconds: number;
  readonly collateral: bigint;
  /** Gas of bidding on it and settling it. */
  readonly gas: bigint;
  /** The highest unit price that a first bid on it may ask now. */
  readonly ramp: bigint;
  /** What the node is bound to for this slice without a hold, having executed the job: a hold takes its place. */
  readonly owed?: Work | undefined;
  /** The bid that leads; undefined: nobody bid yet. */
  readonly leader?: {
    readonly unitPrice: bigint;
    readonly holder: string;
    readonly mine: boolean;
    readonly windowEnd: number;
  };
}

/**
 * - `patient`: a first bid only when the ramp has reached what the node asks;
 * - `eager`: as soon as the ramp covers the node's floor.
 *
 * Undercutting goes down to the floor with both.
 */
export type BiddingPolicy = 'patient' | 'eager';

export interface Means {
  readonly policy: BiddingPolicy;
  readonly capacity: Capacity;
  /** Proving that the node is bound to already or may come to be, its leading bids included. */
  readonly bound: readonly Work[];
  /** What the ledger has free for collateral. */
  readonly balance: bigint;
  /** Gas that its key has the coins for, besides what is under way; undefined: not known. */
  readonly gas: bigint | undefined;
}

/** One call of `bid`: all its slices at one price. */
export interface Bid {
  readonly unitPrice: bigint;
  readonly slices: readonly number[];
}

/** Bids whose asking prices differ by at most this much go out in one call, at the higher price. */
const SAME_PRICE_BPS = 1_000n;

/** A bid is undercut by at least so much, or down to the floor: a duel in smaller steps would cost more gas than it brings. */
const LEAST_STEP_BPS = 100;

/** Told of each slice that is left, and why. */
export type Leave = (slice: number, reason: Reason) => void;

/**
 * The bids to make now. None is below its slice's floor or above what the market takes; together with what the
 * node is bound to, they can be proved in time and their collateral is there. What pays most a second comes first.
 */
export function decideBids(
  terms: BidTerms,
  candidates: readonly Candidate[],
  means: Means,
  leave: Leave = () => undefined,
): Bid[] {
  const { now, bidWindow, proveSeconds, deadline } = terms;
  if (now + bidWindow + proveSeconds > deadline) {
    const late = because(
      'BID_TOO_LATE',
      () => `the deadline is in ${deadline - now} s, a hold takes up to ${bidWindow + proveSeconds} s`,
    );
    for (const { slice } of candidates) leave(slice, late);
    return [];
  }
  const priced = candidates.flatMap((candidate) => {
    const unitPrice = priceOrReason(terms, candidate, means.policy);
    if (typeof unitPrice === 'bigint') return [{ ...candidate, unitPrice }];
    leave(candidate.slice, unitPrice);
    return [];
  });
  priced.sort((a, b) => gainPerSecond(b) - gainPerSecond(a) || a.slice - b.slice);

  const taken: (Candidate & { readonly unitPrice: bigint })[] = [];
  let { bound } = means;
  let { balance, gas: gasLeft } = means;
  for (const candidate of priced) {
    const work = workOf(terms, candidate);
    const { slice, collateral, seconds, owed } = candidate;
    const free = balance;
    if (collateral > free) {
      const text = (amount: Amount): string =>
        `its collateral is ${amount(collateral)}, the ledger has ${amount(free)} free`;
      leave(slice, because('COLLATERAL', text));
      continue;
    }
    if (gasLeft !== undefined && candidate.gas > gasLeft) {
      leave(slice, tooLittleGas(candidate.gas, gasLeft));
      continue;
    }
    const others = bound.filter((other) => other !== owed);
    if (!fits(others, [work], means.capacity)) {
      leave(slice, noCapacity(seconds, others, work, means.capacity));
      continue;
    }
    bound = [...others, work];
    balance -= collateral;
    if (gasLeft !== undefined) gasLeft -= candidate.gas;
    taken.push(candidate);
  }
  return grouped(taken);
}

/** What a bid on a slice binds the node to. */
export function workOf(
  { now, bidWindow, proveSeconds }: Pick<BidTerms, 'now' | 'bidWindow' | 'proveSeconds'>,
  { seconds, leader }: Pick<Candidate, 'seconds' | 'leader'>,
): Work {
  const windowEnd = leader?.windowEnd ?? now + bidWindow;
  return holdAsWork(seconds, now, windowEnd, windowEnd + proveSeconds);
}

/**
 * The unit price to bid on a slice, or undefined to leave it.
 *
 * Nobody leads: what the node asks, but not above the ramp. Somebody else leads: what the node asks if that takes
 * the slice from him, else as much less as is needed and a percent at least, down to the floor. Going to its own price at once, and not
 * by the smallest steps, a node that is cheaper wins before the window closes, and with one transaction.
 */
export function priceFor(terms: BidTerms, candidate: Candidate, policy: BiddingPolicy): bigint | undefined {
  const price = priceOrReason(terms, candidate, policy);
  return typeof price === 'bigint' ? price : undefined;
}

function priceOrReason(terms: BidTerms, candidate: Candidate, policy: BiddingPolicy): bigint | Reason {
  const { leader, price, ramp } = candidate;
  if (leader === undefined) {
    if (ramp >= price.ask) return price.ask;
    if (policy === 'eager' && ramp >= price.floor) return ramp;
    const asked = policy === 'eager' ? price.floor : price.ask;
    return because('PRICE', (amount) => `a constraint pays ${amount(ramp)} now, it asks ${amount(asked)}`);
  }
  if (leader.mine) return because('LEADING', () => 'its own bid leads');
  if (terms.now >= leader.windowEnd) return because('HELD_BY_OTHER', () => 'another won it');
  const needed = undercut(leader.unitPrice, terms.minUndercutBps);
  if (needed < price.floor) {
    return because(
      'OUTBID',
      (amount) => `a bid of ${amount(leader.unitPrice)} leads, it can't go below ${amount(price.floor)}`,
    );
  }
  if (needed >= price.ask) return price.ask;
  const lower = undercut(leader.unitPrice, Math.max(terms.minUndercutBps, LEAST_STEP_BPS));
  return lower > price.floor ? lower : price.floor;
}

function noCapacity(
  seconds: number,
  bound: readonly Work[],
  { from, dueIn }: Work,
  { workers, safety, stepSeconds }: Capacity,
): Reason {
  if (!Number.isFinite(seconds)) return NOT_MEASURED;
  const before = secondsIn(bound);
  return because(
    'CAPACITY',
    () =>
      `its proof takes ${seconds.toFixed(1)} s here, reckoned ${safety} times, after ${before.toFixed(1)} s of others on ${workers} at once, and counts ${stepSeconds.toFixed(1)} s later; a hold leaves ${dueIn - from} s, and nothing of what it is bound to may come too late for it`,
  );
}

/** The highest unit price that replaces a bid: ⌈old · (10,000 − minUndercutBps) / 10,000⌉, and below the old. */
export function undercut(old: bigint, minUndercutBps: number): bigint {
  const needed = ceilDiv(old * BigInt(10_000 - minUndercutBps), 10_000n);
  return needed < old ? needed : old - 1n;
}

function gainPerSecond({ unitPrice, price, weight, seconds }: Candidate & { unitPrice: bigint }): number {
  return Number((unitPrice - price.floor) * weight) / Math.max(seconds, 0.001);
}

/**
 * First bids whose prices are close share a call at their highest, if it is at most each one's ramp; an undercut must
 * not be raised, so it shares a call only with equal prices.
 */
function grouped(taken: readonly (Candidate & { readonly unitPrice: bigint })[]): Bid[] {
  const groups: { unitPrice: bigint; first: boolean; slices: number[] }[] = [];
  for (const { slice, unitPrice, ramp, leader } of [...taken].sort((a, b) =>
    compare(b.unitPrice, a.unitPrice),
  )) {
    const first = leader === undefined;
    const group = groups.find(
      (other) =>
        other.unitPrice === unitPrice ||
        (first &&
          other.first &&
          other.unitPrice <= ramp &&
          unitPrice * 10_000n >= other.unitPrice * (10_000n - SAME_PRICE_BPS)),
    );
    if (group) group.slices.push(slice);
    else groups.push({ unitPrice, first, slices: [slice] });
  }
  return groups.map(({ unitPrice, slices }) => ({ unitPrice, slices: slices.sort((a, b) => a - b) }));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
