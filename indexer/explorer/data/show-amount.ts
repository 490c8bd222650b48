import { grouped, inUnits } from './format.ts';
import { useAsset } from './market.ts';

/** How curves of amounts are told: numbers that may have been halved, and the unit. */
export function useAmounts(): { readonly show: (value: number) => string; readonly unit: string } {
  const { decimals, symbol } = useAsset() ?? { decimals: null, symbol: null };
  return {
    show: (value) =>
      decimals === null ? grouped(Math.round(value)) : inUnits(BigInt(Math.round(value)), decimals, 3),
    unit: symbol ?? '',
  };
}
