import { gasInAsset } from '../settle/profit.ts';

/** Gas of settling a proof in a batch, which its tip has to pay too. */
const SETTLE_GAS = 90_000n;

/** Gas of bringing a bid among others: `bidSigned, 8 provers on a slice each, each` of snapshots/gas.json, rounded up. */
export const BID_GAS = 107_000n;

export interface BidsWorth {
  /** Of each slice that the bids take, in 10^-18 of the asset. */
  readonly tips: readonly bigint[];
  /** Of bringing them. */
  readonly gas: bigint;
  readonly gasPrice: bigint;
  /** As of the settings; 0: whatever gas costs. */
  readonly assetPerNative: bigint;
}

/**
 * Whether the tips of the proofs that should follow pay for bringing their bids and for settling them. Bringing alone pays
 * nothing: the market knows no fee for it.
 */
export function isWorth({ tips, gas, gasPrice, assetPerNative }: BidsWorth): boolean {
  const all = gas + SETTLE_GAS * BigInt(tips.length);
  return tips.reduce((sum, tip) => sum + tip, 0n) >= gasInAsset(all * gasPrice, assetPerNative);
}
