import { parseUnits } from 'ethers';

export interface GasCost {
  readonly gas: bigint;
  /** Wei per unit of gas. */
  readonly gasPrice: bigint;
  /** What one native coin (10^18 wei) is worth in the market's asset, as a decimal number; `0`: gas is free. */
  readonly assetPerNative: string;
  /** Decimal places of the asset. */
  readonly decimals: number;
}

/** What gas costs, in the asset's smallest unit, rounded up. */
export function gasInAsset({ gas, gasPrice, assetPerNative, decimals }: GasCost): bigint {
  const rate = parseUnits(assetPerNative, 18 + decimals);
  const scale = 10n ** 36n;
  return (gas * gasPrice * rate + scale - 1n) / scale;
}
