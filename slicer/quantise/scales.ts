import { int32s, negated } from '../integer/exact.ts';
import { boundsOf } from '../integer/program.ts';

/** The integers that may stand for reals, both ends included. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Finer scales hold nothing but the rounding errors of float32. */
const FINEST_SCALE = 40;

/** How many powers of two finer than "nothing saturates" are tried. */
export const FINER_SCALES = 3;

/** By values and bounds: a search for bits asks for the same again and again. */
const fitted = new WeakMap<Float64Array, Map<string, number>>();

/**
 * The scale at which integers within bounds stand for the values (real ≈ q · 2^−scale) with the least squared
 * error: rounding grows with a coarse scale, saturation with a fine one.
 * @param values stay as they are: what was found for them is kept
 */
export function fitScale(values: Float64Array, bounds: Bounds): number {
  const known = fitted.get(values) ?? new Map<string, number>();
  fitted.set(values, known);
  const key = `${bounds.low} ${bounds.high}`;
  const scale = known.get(key) ?? bestScale(values, bounds);
  known.set(key, scale);
  return scale;
}

function bestScale(values: Float64Array, bounds: Bounds): number {
  const coarsest = finestUnsaturated(values, bounds);
  let best = coarsest;
  let bestError = Infinity;
  for (let scale = coarsest; scale < coarsest + FINER_SCALES; scale++) {
    const error = squaredError(values, bounds, scale);
    if (error < bestError) [best, bestError] = [scale, error];
  }
  return best;
}

/** clamp(round(value · 2^scale)), a half going up as in the rescale of the integer semantics; never −0. */
export function toIntegers(values: Float64Array, { low, high }: Bounds, scale: number): Float64Array {
  const factor = 2 ** scale;
  return values.map((value) => Math.min(high, Math.max(low, Math.floor(value * factor + 0.5))) + 0);
}

/** The finest scale at which no value saturates that any scale could hold; 0 when all values are zero. */
function finestUnsaturated(values: Float64Array, { low, high }: Bounds): number {
  let finest = Infinity;
  for (const value of values) {
    const bound = value > 0 ? high + 0.5 : low - 0.5;
    if (value !== 0 && (value > 0 || low < 0))
      finest = Math.min(finest, Math.floor(Math.log2(bound / value)));
  }
  return finest === Infinity ? 0 : Math.min(finest, FINEST_SCALE);
}

function squaredError(values: Float64Array, bounds: Bounds, scale: number): number {
  const unit = 2 ** -scale;
  let sum = 0;
  toIntegers(values, bounds, scale).forEach((integer, i) => (sum += (values[i] - integer * unit) ** 2));
  return sum;
}

/**
 * Weights as integers of `bits` bits, symmetric about zero, at the scale that fits them; factors of two that
 * all of them have in common are taken out, for narrower accumulators.
 * @returns with how many factors of two that were
 */
export function quantiseWeights(
  weights: Float64Array,
  bits: number,
): { readonly integers: Int32Array; readonly scale: number; readonly spare: number } {
  const { high } = boundsOf({ signed: true, bits });
  const bounds = { low: negated(high), high };
  const scale = fitScale(weights, bounds);
  const integers = int32s(toIntegers(weights, bounds, scale));
  // The lowest bit set anywhere; all zero: keep the scale.
  const union = integers.reduce((all, weight) => all | weight, 0);
  const spare = union === 0 ? 0 : 31 - Math.clz32(union & -union);
  return { integers: integers.map((weight) => weight >> spare), scale: scale - spare, spare };
}
