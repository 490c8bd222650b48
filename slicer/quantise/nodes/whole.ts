import { int32s } from '../../integer/exact.ts';
import type { ElementType } from '../../onnx/index.ts';
import { dataOf } from '../../onnx/tensor-data.ts';
import type { FloatQuotient, FloatTensor, FloatTimes } from '../float-model.ts';
import { rangeOver } from '../integers.ts';
import { LIMITS } from '../lower/integers.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { atLeast, constantOf, constantsOf, difference, rescaled, scaledBy, sum } from './steps.ts';

/** Arithmetic on integers that stand for themselves: exact, wrapping where their type ends. */

/** Types that a sum or product may well leave, and as wide as one is wrapped. */
const MOST_WRAPPED_BITS = 16;

/** What a type makes of numbers: integers of up to 32 bits wrap, others are as they are. */
export function wrapped({ whole }: FloatTensor, values: Float64Array): Float64Array {
  if (whole === undefined || LIMITS[whole].high > 2 ** 32) return values;
  return Float64Array.from(dataOf(whole, Array.from(values)) as ArrayLike<number>, Number);
}

/**
 * Says where a float tensor of integers is that a node has just computed: as it is where its type holds all that it can
 * be, else what the type makes of it. Past 16 bits what calibration is far from saturates.
 */
export function settle(quantiser: Quantiser, float: number, placed: Placed): void {
  quantiser.put(float, placed);
  const type = quantiser.wholeOf(float);
  if (type === undefined) return;
  const { low, high } = quantiser.hull(placed.id);
  const limits = LIMITS[type];
  if (low >= limits.low && high <= limits.high) return;
  const name = `${quantiser.nameOf(float)}/wrapped`;
  if (limits.high - limits.low < 2 ** MOST_WRAPPED_BITS) {
    quantiser.put(float, wrap(quantiser, name, placed, type));
  } else {
    quantiser.put(float, rescaled(quantiser, name, placed, { scale: 0, range: quantiser.range(float) }));
  }
}

/** x − 2^w · ⌊(x − low) / 2^w⌋ for a type of w bits that starts at low. */
function wrap(quantiser: Quantiser, name: string, x: Placed, type: ElementType): Placed {
  const { low, high } = LIMITS[type];
  const width = Math.round(Math.log2(high - low + 1));
  const size = 2 ** width;
  const hull = quantiser.hull(x.id);
  const shape = quantiser.shapeOf(x.id);
  // A rescale adds half of what it divides by, which is taken away before.
  const moved = constantOf(quantiser, `${name}/start`, shape, 0, low + size / 2);
  const times = rescaled(quantiser, `${name}/times`, difference(quantiser, `${name}/moved`, x, moved), {
    scale: -width,
    range: rangeOver(Math.floor((hull.low - low) / size), Math.floor((hull.high - low) / size)),
  });
  const rest = quantiser.derive(`${name}/rest`, shape, { scale: 0 }, (output) => ({
    kind: 'add',
    name: `${name}/rest`,
    inputs: [x.id, times.id],
    shifts: [0, width],
    subtract: true,
    output,
  }));
  return rescaled(quantiser, name, rest, { scale: 0, range: rangeOver(low, high) });
}

/** Integers times integers that the model knows. */
export const times: FloatKind<FloatTimes> = {
  evaluate: ({ input, factors, output }, tensors, values) =>
    wrapped(
      tensors[output],
      values[input].map((value, i) => value * factors[i]),
    ),
  quantise(quantiser, { name, input, factors, output }) {
    settle(quantiser, output, scaledBy(quantiser, name, quantiser.place(input), factors));
  },
};

/** Integers divided by integers that the model knows, towards zero. */
export const quotient: FloatKind<FloatQuotient> = {
  evaluate: ({ input, divisors, output }, tensors, values) =>
    wrapped(
      tensors[output],
      values[input].map((value, i) => Math.trunc(value / divisors[i]) + 0),
    ),
  quantise(quantiser, { name, input, divisors, output }) {
    const x = quantiser.place(input);
    const shape = quantiser.shapeOf(x.id);
    const sizes = divisors.map(Math.abs);
    const { low } = quantiser.hull(x.id);
    const up = low >= 0 ? x : atLeast(quantiser, `${name}/up`, x, 0);
    const positive = floors(quantiser, `${name}/positive`, up, sizes);
    const turned = (): Placed => {
      const zero = constantOf(quantiser, `${name}/zero`, shape, 0, 0);
      const down = difference(quantiser, `${name}/turned`, zero, x);
      return floors(quantiser, `${name}/negative`, atLeast(quantiser, `${name}/down`, down, 0), sizes);
    };
    const result = low >= 0 ? positive : difference(quantiser, name, positive, turned());
    const signs = int32s(divisors.map(Math.sign));
    const signed = signs.includes(-1) ? scaledBy(quantiser, `${name}/signed`, result, signs) : result;
    settle(quantiser, output, signed);
  },
};

/** ⌊x / divisor⌋ of what is not below zero. */
function floors(quantiser: Quantiser, name: string, x: Placed, divisors: Float64Array): Placed {
  const shape = quantiser.shapeOf(x.id);
  if (divisors.every((divisor) => divisor === 1)) return x;
  const { high } = quantiser.hull(x.id);
  // A quotient is rounded: half of the divisor is taken away before.
  const half = constantsOf(
    quantiser,
    `${name}/half`,
    shape,
    0,
    divisors.map((divisor) => -Math.floor(divisor / 2)),
  );
  const moved = sum(quantiser, `${name}/moved`, x, half);
  const [first] = divisors;
  const shift = Math.log2(first);
  if (Number.isInteger(shift) && divisors.every((divisor) => divisor === first)) {
    const range = rangeOver(0, Math.max(1, Math.floor(high / first)));
    return rescaled(quantiser, name, { id: moved.id, scale: shift }, { scale: 0, range });
  }
  const den = constantsOf(quantiser, `${name}/divisors`, shape, 0, divisors);
  return quantiser.derive(name, shape, { scale: 0, range: rangeOver(0, Math.max(1, high)) }, (output) => ({
    kind: 'divide',
    name,
    inputs: [moved.id, den.id],
    shift: 0,
    output,
  }));
}
