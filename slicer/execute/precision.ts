import { size } from '../integer/exact.ts';
import type { TensorInterval } from '../integer/interval.ts';

/** Integers of magnitude below this, and sums that stay below, are exact in float32. */
export const FLOAT32_EXACT = 2 ** 24;

/**
 * The largest magnitude that a tensor may hold. As a plain number, like all that is only compared with
 * {@link FLOAT32_EXACT}: rounding keeps order, so nothing that reaches it in truth stays below it in doubles.
 */
export function largest({ low, high }: TensorInterval): number {
  let most = 0;
  for (let e = 0; e < low.length; e++) most = Math.max(most, size(low[e]), size(high[e]));
  return most;
}

/** The most of Σ reach + |bias| over the filters of a linear operator. */
export function linearReach(taps: readonly Float64Array[], bias: Float64Array): number {
  return Math.max(
    ...taps.map((reach, o) => reach.reduce((total, value) => total + value, 0) + Math.abs(bias[o])),
  );
}
