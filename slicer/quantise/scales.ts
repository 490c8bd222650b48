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

/** clamp(round(value · 2^scale)): the integer that stands for a real. */
export function toInteger(value: number, { range, scale }: FixedPoint): number {
  const { low, high } = boundsOf(range);
  // A half goes up, as in the rescale of the integer semantics. Adding 0 turns −0 into 0.
  return Math.min(high, Math.max(low, Math.floor(value * 2 ** scale + 0.5))) + 0;
}

/** The integers that stand for reals. */
export function toIntegers(values: Float64Array, format: FixedPoint): Float64Array {
  return values.map((value) => toInteger(value, format));
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
  for (const value of values) sum += (value - toInteger(value, format) * unit) ** 2;
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
  const integers = Int32Array.from(weights, (weight) =>
    Math.max(lowest, toInteger(weight, { range, scale })),
  );
  // The lowest bit set anywhere; all zero: keep the scale.
  const union = integers.reduce((all, weight) => all | weight, 0);
  const spare = union === 0 ? 0 : 31 - Math.clz32(union & -union);
  return { integers: integers.map((weight) => weight >> spare), scale: scale - spare };
}
