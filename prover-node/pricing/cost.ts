/**
 * What work costs this node and what it asks for it. Amounts are bigints in 10^-18 of the asset, a unit
 * price is such an amount a constraint; seconds are numbers. Everything is rounded against the node, so that a
 * price of `floor` never pays less than the cost.
 */

export interface PricingPolicy {
  /** What, in 10^-18 of the asset, a second of one worker costs. */
  readonly costPerSecond: bigint;
  /** Worth of 10^18 wei of the chain's native coin. */
  readonly assetPerNative: bigint;
  /** What the node asks above its cost, in basis points. */
  readonly marginBps: number;
  /** The least that it is content with above its cost when it has to undercut, in basis points. */
  readonly minMarginBps: number;
  /** Never bid under this unit price. */
  readonly minUnitPrice: bigint;
  /** Never bid above this unit price; undefined: no bound of its own. */
  readonly maxUnitPrice?: bigint | undefined;
  /** The least that an execution, or a slice, has to leave above its cost, in 10^-18 of the asset. */
  readonly minProfit: bigint;
}

export interface GasShare {
  /** Gas units that the work takes from this node. */
  readonly gas: bigint;
  /** Wei per unit of gas, now. */
  readonly gasPrice: bigint;
}

const WEI_PER_NATIVE = 10n ** 18n;
const BPS = 10_000n;

/** Seconds are counted in millionths before they meet amounts. */
const MICROS = 1_000_000n;

/** More than any market pays: its amounts have 96 bits. */
const UNKNOWN_COST = 1n << 128n;

/**
 * seconds · costPerSecond + gas · gasPrice · rate, rounded up.
 * @param seconds Infinity where nothing was measured yet: then nothing that is paid covers it
 */
export function costOf(policy: PricingPolicy, seconds: number, { gas, gasPrice }: GasShare): bigint {
  if (!Number.isFinite(seconds)) return UNKNOWN_COST;
  const micros = BigInt(Math.ceil(seconds * 1e6));
  return (
    ceilDiv(micros * policy.costPerSecond, MICROS) +
    ceilDiv(gas * gasPrice * policy.assetPerNative, WEI_PER_NATIVE)
  );
}

/** The unit prices between which a node bids on a slice: `floor` ≤ `ask`. */
export interface AskingPrice {
  /** The lowest at which it still gains {@link PricingPolicy.minMarginBps}. */
  readonly floor: bigint;
  /** What it would like to have. */
  readonly ask: bigint;
}

/**
 * Unit prices for a slice, from what proving it costs. The market's fee is taken from the price, so the price is
 * grossed up: price · (1 − fee) ≥ {@link leastIncome}, price = weight · unit price.
 * @param weight the slice's weight, at least 1
 * @param feeBps the fee kept with the job
 * @returns undefined when the node's own highest price doesn't cover its cost
 */
export function askingPrice(
  policy: PricingPolicy,
  cost: bigint,
  weight: bigint,
  feeBps: number,
): AskingPrice | undefined {
  const unitFor = (marginBps: number): bigint =>
    // The fee is rounded down by the contract, so this is never short.
    ceilDiv(leastIncome(policy, cost, marginBps) * BPS, (BPS - BigInt(feeBps)) * weight);
  const floor = max(unitFor(policy.minMarginBps), policy.minUnitPrice, 1n);
  const wanted = max(unitFor(policy.marginBps), floor);
  const { maxUnitPrice } = policy;
  if (maxUnitPrice === undefined) return { floor, ask: wanted };
  return floor > maxUnitPrice ? undefined : { floor, ask: min(wanted, maxUnitPrice) };
}

/** What is left of a price when the market has taken its fee (rounded down, as the contract does). */
export function afterFee(price: bigint, feeBps: number): bigint {
  return price - (price * BigInt(feeBps)) / BPS;
}

/** What work has to bring after the market's fee: cost · (1 + margin), rounded up, and the least profit. */
export function leastIncome(
  { minProfit }: Pick<PricingPolicy, 'minProfit'>,
  cost: bigint,
  marginBps: number,
): bigint {
  return max(ceilDiv(cost * (BPS + BigInt(marginBps)), BPS), cost + minProfit);
}

export function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function max(...values: readonly bigint[]): bigint {
  return values.reduce((most, value) => (value > most ? value : most));
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
