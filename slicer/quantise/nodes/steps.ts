import { int32s } from '../../integer/exact.ts';
import { boundsOf, sizeOf, type IntegerRange } from '../../integer/program.ts';
import type { Placed, Quantiser } from '../quantiser.ts';

/** Steps that several operators are made of. */

/** A rescale of an inner tensor to another scale and range. */
export function rescaled(
  quantiser: Quantiser,
  name: string,
  { id, scale: from }: Placed,
  to: { readonly scale: number; readonly range: IntegerRange; readonly clamp?: readonly [number, number] },
): Placed {
  const { scale, range, clamp } = to;
  const bounds = boundsOf(range);
  const narrows = clamp !== undefined && (clamp[0] > bounds.low || clamp[1] < bounds.high);
  return quantiser.derive(name, quantiser.shapeOf(id), to, (output) => ({
    kind: 'rescale',
    name,
    input: id,
    output,
    shift: from - scale,
    relu: false,
    ...(narrows ? { clamp } : {}),
  }));
}

/** The same values under another shape. */
export function reshaped(
  quantiser: Quantiser,
  name: string,
  { id, scale }: Placed,
  shape: readonly number[],
): Placed {
  if (String(quantiser.shapeOf(id)) === String(shape)) return { id, scale };
  return quantiser.derive(name, shape, { scale }, (output) => ({ kind: 'reshape', name, input: id, output }));
}

/** One integer everywhere. */
export function constantOf(
  quantiser: Quantiser,
  name: string,
  shape: readonly number[],
  scale: number,
  value: number,
): Placed {
  return constantsOf(quantiser, name, shape, scale, new Float64Array(sizeOf(shape)).fill(value));
}

/** Integers that the model knows. */
export function constantsOf(
  quantiser: Quantiser,
  name: string,
  shape: readonly number[],
  scale: number,
  values: Float64Array,
): Placed {
  return quantiser.derive(name, shape, { scale }, (output) => ({ kind: 'constant', name, output, values }));
}

/** left − right, at one scale. */
export function difference(quantiser: Quantiser, name: string, left: Placed, right: Placed): Placed {
  return quantiser.derive(name, quantiser.shapeOf(left.id), { scale: left.scale }, (output) => ({
    kind: 'add',
    name,
    inputs: [left.id, right.id],
    shifts: [0, 0],
    subtract: true,
    output,
  }));
}

/** left + right, at one scale. */
export function sum(quantiser: Quantiser, name: string, left: Placed, right: Placed): Placed {
  return quantiser.derive(name, quantiser.shapeOf(left.id), { scale: left.scale }, (output) => ({
    kind: 'add',
    name,
    inputs: [left.id, right.id],
    shifts: [0, 0],
    output,
  }));
}

/** Integers times integers that the model knows, at a scale of their own. */
export function scaledBy(
  quantiser: Quantiser,
  name: string,
  input: Placed,
  factors: Int32Array,
  scale = 0,
): Placed {
  const shape = quantiser.shapeOf(input.id);
  return quantiser.derive(name, shape, { scale: input.scale + scale }, (output) => ({
    kind: 'scale',
    name,
    input: input.id,
    output,
    factors,
  }));
}

/** The same reals at a finer scale: integers times a power of two. */
export function finer(quantiser: Quantiser, name: string, placed: Placed, scale: number): Placed {
  if (placed.scale === scale) return placed;
  const shape = quantiser.shapeOf(placed.id);
  const zero = constantOf(quantiser, `${name}/zero`, shape, scale, 0);
  return quantiser.derive(name, shape, { scale }, (output) => ({
    kind: 'add',
    name,
    inputs: [placed.id, zero.id],
    shifts: [scale - placed.scale, 0],
    output,
  }));
}

/**
 * A tensor at a scale where some reals can stand beside its values: integers that a model goes on with as reals have none to
 * spare for 0.5. As it is where nothing is gained.
 * @param float what the values and the reals become together
 */
export function beside(
  quantiser: Quantiser,
  name: string,
  placed: Placed,
  float: number,
  reals: readonly number[],
): Placed {
  return finer(quantiser, `${name}/finer`, placed, quantiser.scaleBeside(float, placed.scale, reals));
}

/** Each of [rows, 1] repeated: [rows, width]. */
export function repeated(quantiser: Quantiser, name: string, { id, scale }: Placed, width: number): Placed {
  const [rows] = quantiser.shapeOf(id);
  const indices = Int32Array.from({ length: rows * width }, (_, i) => Math.floor(i / width));
  return quantiser.derive(name, [rows, width], { scale }, (output) => ({
    kind: 'gather',
    name,
    input: id,
    output,
    indices,
    fill: 0,
  }));
}

/** Sums of the rows of [rows, width], each value times a factor: [rows, 1]. */
export function rowSums(
  quantiser: Quantiser,
  name: string,
  { id, scale }: Placed,
  factor = 1,
  offset = 0,
): Placed {
  const [rows, width] = quantiser.shapeOf(id);
  return quantiser.derive(name, [rows, 1], { scale }, (output) => ({
    kind: 'gemm',
    name,
    input: id,
    output,
    weights: int32s(new Array<number>(width).fill(factor)),
    bias: Float64Array.of(offset),
  }));
}

/** left · right, elementwise. */
export function multiplied(quantiser: Quantiser, name: string, left: Placed, right: Placed): Placed {
  return quantiser.derive(
    name,
    quantiser.shapeOf(left.id),
    { scale: left.scale + right.scale },
    (output) => ({ kind: 'mul', name, inputs: [left.id, right.id], output }),
  );
}

/** 2^shift / x, rounded, for x > 0. */
export function reciprocal(
  quantiser: Quantiser,
  name: string,
  x: Placed,
  shift: number,
  range?: IntegerRange,
): Placed {
  const shape = quantiser.shapeOf(x.id);
  const one = constantOf(quantiser, `${name}/one`, shape, 0, 1);
  const to = { scale: shift - x.scale, ...(range ? { range } : {}) };
  return quantiser.derive(name, shape, to, (output) => ({
    kind: 'divide',
    name,
    inputs: [one.id, x.id],
    shift,
    output,
  }));
}

/** How far below the least value on the calibration samples a divisor may go before it saturates. */
const LEAST_SHARE = 0.75;

/** 1 / x in so many bits, for x above zero on the calibration samples; what is far below those saturates. */
export function boundedReciprocal(quantiser: Quantiser, name: string, x: Placed, bits: number): Placed {
  const least = Math.max(1, Math.floor(LEAST_SHARE * quantiser.least(x.id)));
  const bounded = atLeast(quantiser, `${name}/divisor`, x, least);
  const shift = Math.max(0, Math.floor(Math.log2((2 ** bits - 1) * least)));
  return reciprocal(quantiser, name, bounded, shift, { signed: false, bits });
}

/** The larger of x and an integer at its scale. */
export function atLeast(quantiser: Quantiser, name: string, x: Placed, least: number): Placed {
  const shape = quantiser.shapeOf(x.id);
  const bound = constantOf(quantiser, `${name}/bound`, shape, x.scale, least);
  return quantiser.derive(name, shape, { scale: x.scale }, (output) => ({
    kind: 'maximum',
    name,
    inputs: [x.id, bound.id],
    output,
  }));
}

/** [left > right] of integers at one scale: their difference, cut off at 0 and 1. */
export function above(quantiser: Quantiser, name: string, left: Placed, right: Placed): Placed {
  const { id } = difference(quantiser, `${name}/difference`, left, right);
  // Whatever they stand for.
  return rescaled(quantiser, name, { id, scale: 0 }, { scale: 0, range: { signed: false, bits: 1 } });
}
