import { boundsOf, type IntegerRange } from '../integer/program.ts';

/** real ≈ q · 2^−scale for integers q of the range. */
export interface FixedPoint {
  readonly range: IntegerRange;
  readonly scale: number;
}

/** Scales further out than this hold nothing but rounding errors of float32. */
const SCALE_LIMIT = 40;

/** How many powers of two finer than "nothing saturates" are tried. */
const FINER_SCALES = 3;

/**
 * The scale at which integers of the range stand for the values with the least squared error: rounding grows
 * with a coarse scale, saturation with a fine one.
 */
export function fitScale(values: Float64Array, range: IntegerRange): number {
  const { low, high } = boundsOf(range);
  const coarsest = Math.min(largestScale(values, low, high), SCALE_LIMIT);
  let best = coarsest;
  let bestError = Infinity;
  for (let scale = coarsest; scale < coarsest + FINER_SCALES; scale++) {
    const error = squaredError(values, { range, scale });
    if (error < bestError) [best, bestError] = [scale, error];
  }
  return best;
}

/** clamp(round(value · 2^scale)), a half going up as in the rescale of the integer semantics; never −0. */
export function toIntegers(values: Float64Array, { range, scale }: FixedPoint): Float64Array {
  const { low, high } = boundsOf(range);
  const factor = 2 ** scale;
  return values.map((value) => Math.min(high, Math.max(low, Math.floor(value * factor + 0.5))) + 0);
}

/** The finest scale at which no value saturates. */
function largestScale(values: Float64Array, low: number, high: number): number {
  let scale = SCALE_LIMIT;
  for (const value of values) {
    const bound = value > 0 ? high + 0.5 : low - 0.5;
    if (value !== 0 && (value > 0 || low < 0)) scale = Math.min(scale, Math.floor(Math.log2(bound / value)));
  }
  return scale;
}

function squaredError(values: Float64Array, format: FixedPoint): number {
  const unit = 2 ** -format.scale;
  let sum = 0;
  toIntegers(values, format).forEach((integer, i) => (sum += (values[i] - integer * unit) ** 2));
  return sum;
}

/** Weights as integers of `bits` bits (symmetric), by the largest scale needed: common factors of two are gone. */
export function quantiseWeights(
  weights: Float64Array,
  bits: number,
): { readonly integers: Int32Array; readonly scale: number } {
  const range = { signed: true, bits };
  const scale = fitScale(weights, range);
  const lowest = -boundsOf(range).high;
  const integers = Int32Array.from(toIntegers(weights, { range, scale }), (weight) =>
    Math.max(lowest, weight),
  );
  // The lowest bit set anywhere; all zero: keep the scale.
  const union = integers.reduce((all, weight) => all | weight, 0);
  const spare = union === 0 ? 0 : 31 - Math.clz32(union & -union);
  return { integers: integers.map((weight) => weight >> spare), scale: scale - spare };
}
