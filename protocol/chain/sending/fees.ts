/** What a transaction offers for a unit of gas, in wei: EIP-1559. */
export interface Fees {
  /** At most so much in all. */
  readonly maxFee: bigint;
  /** So much of it, at most, for whoever builds the block. */
  readonly tip: bigint;
}

/** What gas costs now, in wei a unit. */
export interface GasMarket {
  /** Undefined on a chain without EIP-1559: then the tip is the whole price. */
  readonly baseFee: bigint | undefined;
  /** What the RPC suggests. */
  readonly tip: bigint;
}

/** Pools take a replacement that offers a tenth more in both fees; an eighth more is taken by those that ask a little more. */
const BUMP = [9n, 8n] as const;

/** A base fee doubles within six full blocks. */
const HEADROOM = 2n;

/** Milliseconds for which fees stand before they are raised: without a deadline or after it, and just before one. */
const PATIENCE = 30_000;
const LEAST_PATIENCE = 2_000;
/** Times that fees are raised before a deadline, about, where it is near. */
const RAISES = 8;

/**
 * What to offer first: twice the base fee and the tip, and no more than `most`. Below the base fee it can't be mined now.
 * @param most wei a unit of gas; undefined: no bound
 */
export function firstFees(market: GasMarket, most?: bigint): Fees {
  const maxFee = atMost(wanted(market), most);
  return { maxFee, tip: atMost(market.tip, maxFee) };
}

/**
 * What a replacement offers: an eighth more in both fees at the least, and what a first offer would be now.
 * @returns undefined when that is more than `most`
 */
export function nextFees(last: Fees, market: GasMarket, most?: bigint): Fees | undefined {
  const least = { maxFee: bumped(last.maxFee), tip: bumped(last.tip) };
  if (most !== undefined && least.maxFee > most) return undefined;
  const maxFee = atMost(larger(least.maxFee, wanted(market)), most);
  // The last tip was at most the last fee, so a raised one is at most this.
  return { maxFee, tip: atMost(larger(least.tip, market.tip), maxFee) };
}

/** Whether a block with this base fee may hold it. */
export function isEnough({ maxFee }: Fees, { baseFee = 0n }: GasMarket): boolean {
  return maxFee >= baseFee;
}

/**
 * How long fees stand before they are raised, in milliseconds: the shorter, the sooner the work is due.
 * @param left milliseconds until then; undefined: it is due at no time
 */
export function patienceFor(left: number | undefined): number {
  if (left === undefined || left <= 0) return PATIENCE;
  return Math.min(PATIENCE, Math.max(LEAST_PATIENCE, left / RAISES));
}

function wanted({ baseFee = 0n, tip }: GasMarket): bigint {
  return baseFee * HEADROOM + tip;
}

function bumped(fee: bigint): bigint {
  return larger((fee * BUMP[0] + BUMP[1] - 1n) / BUMP[1], fee + 1n);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function atMost(fee: bigint, most: bigint | undefined): bigint {
  return most !== undefined && fee > most ? most : fee;
}
