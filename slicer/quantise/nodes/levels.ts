import { int32s } from '../../integer/exact.ts';
import type { FloatLevels, FloatUnits } from '../float-model.ts';
import { rangeOver } from '../integers.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { linearSteps, type LinearSteps } from './level-steps.ts';
import { constantOf, constantsOf, rescaled, scaledBy, sum } from './steps.ts';

/** Bits of the factor that integers with a scale of their own are multiplied by. */
const UNIT_BITS = 12;

/** Most entries of a table. */
const MOST_ENTRIES = 4096;

/** Integers times the real that they count in. */
export const units: FloatKind<FloatUnits> = {
  evaluate: ({ input, unit }, _, values) => values[input].map((value) => value * unit),
  quantise(quantiser, { name, input, unit, output }) {
    const x = quantiser.shared(input);
    const scale = UNIT_BITS - 1 - Math.ceil(Math.log2(unit));
    const factors = new Int32Array(quantiser.shapeOf(x.id).reduce((all, size) => all * size, 1)).fill(
      Math.round(unit * 2 ** scale),
    );
    quantiser.put(output, scaledBy(quantiser, name, x, factors, scale));
  },
};

/**
 * What QuantizeLinear gives: x · factor + offset, rounded to the nearest (a half to the even one), moved and cut off. On
 * integers that is a staircase, and so is a rescale; its factor and addend are searched for until all steps are where they are
 * to be. A half that goes to the even one may be a staircase that no rescale is: then, of few arguments, a table, else three.
 */
export const levels: FloatKind<FloatLevels> = {
  evaluate(node, _, values) {
    const { input, factors, run } = node;
    return values[input].map((value, i) => levelOf(node, Math.floor(i / run) % factors.length, value));
  },
  quantise(quantiser, node) {
    const { input, output, name, low, high } = node;
    const x = quantiser.place(input);
    const hull = quantiser.hull(x.id);
    const unit = 2 ** -x.scale;
    const channels = node.factors.length;
    const stairs = (channel: number) => ({
      of: (q: number) => levelOf(node, channel, q * unit),
      slope: node.factors[channel] * unit,
    });
    const byChannel = Array.from({ length: channels }, (_, channel) => stairs(channel));
    const alike = node.factors.every(
      (factor, c) => factor === node.factors[0] && node.offsets[c] === node.offsets[0],
    );
    const fits = hull.high - hull.low < MOST_ENTRIES;
    const linear = stepsOf(node, `${hull.low} ${hull.high} ${unit}`, () =>
      linearSteps(byChannel, hull, { low, high }),
    );
    if (!linear.exact && alike && fits) {
      const range = rangeOver(low, high);
      const { of } = byChannel[0];
      const entries = Array.from({ length: hull.high - hull.low + 1 }, (_, i) => of(hull.low + i));
      const table = quantiser.derive(name, quantiser.shapeOf(x.id), { scale: 0, range }, (id) => ({
        kind: 'table',
        name,
        input: x.id,
        output: id,
        first: hull.low,
        values: int32s(entries),
      }));
      return quantiser.put(output, table);
    }
    const halves = linear.exact ? undefined : halvesOf(node, unit, hull);
    quantiser.put(output, halves ? toEven(quantiser, node, x, halves) : stepped(quantiser, node, x, linear));
  },
};

/** By node: what was found for what it reads. A search of bits comes to the same again and again. */
const found = new WeakMap<FloatLevels, { readonly key: string; readonly linear: LinearSteps }>();

function stepsOf(node: FloatLevels, key: string, find: () => LinearSteps): LinearSteps {
  const known = found.get(node);
  if (known?.key === key) return known.linear;
  const linear = find();
  found.set(node, { key, linear });
  return linear;
}

/** Factors and addends that are integers over 2^shift. */
interface Halves {
  readonly shift: number;
  readonly factors: readonly number[];
  readonly addends: readonly number[];
}

/** More than this no accumulator of fewer bits meets a half with. */
const MOST_HALVES = 24;

/** The node's factors and offsets over the least power of two that makes integers of them; undefined where none does. */
function halvesOf(
  node: FloatLevels,
  unit: number,
  hull: { readonly low: number; readonly high: number },
): Halves | undefined {
  const size = Math.max(1, Math.abs(hull.low), Math.abs(hull.high));
  for (let shift = 1; shift <= MOST_HALVES; shift++) {
    const factors = Array.from(node.factors, (factor) => factor * unit * 2 ** shift);
    const addends = Array.from(node.offsets, (offset, c) =>
      node.single ? offset * factors[c] : offset * 2 ** shift,
    );
    if (![...factors, ...addends].every(Number.isInteger)) continue;
    return Math.max(...factors) * size < 2 ** 46 && Math.max(...factors) < 2 ** 31
      ? { shift, factors, addends }
      : undefined;
  }
  return undefined;
}

/**
 * v / 2^s, a half to the even integer: ⌊(v + 2^(s−1) − 1 + b) / 2^s⌋, b the lowest bit of ⌊v / 2^s⌋, which is that less twice
 * ⌊v / 2^(s+1)⌋.
 */
function toEven(quantiser: Quantiser, node: FloatLevels, x: Placed, halves: Halves): Placed {
  const { name, zero, low, high } = node;
  const { shift } = halves;
  const shape = quantiser.shapeOf(x.id);
  const v = scaledAndMoved(quantiser, node, x, halves);
  const hull = quantiser.hull(v.id);
  const floor = (label: string, by: number): Placed => {
    const half = constantOf(quantiser, `${label}/half`, shape, shift, -(2 ** (by - 1)));
    const moved = sum(quantiser, `${label}/moved`, v, half);
    const range = rangeOver(Math.floor(hull.low / 2 ** by), Math.floor(hull.high / 2 ** by));
    return rescaled(quantiser, label, { id: moved.id, scale: by }, { scale: 0, range });
  };
  const [once, twice] = [floor(`${name}/floor`, shift), floor(`${name}/twice`, shift + 1)];
  const even = quantiser.derive(`${name}/odd`, shape, { scale: shift }, (output) => ({
    kind: 'add',
    name: `${name}/odd`,
    inputs: [once.id, twice.id],
    shifts: [0, 1],
    subtract: true,
    output,
  }));
  const rounded = sum(quantiser, `${name}/rounded`, v, even);
  const start = constantOf(quantiser, `${name}/start`, shape, shift, zero * 2 ** shift - 1);
  const moved = sum(quantiser, `${name}/moved`, rounded, start);
  return rescaled(quantiser, name, moved, { scale: 0, range: rangeOver(low, high), clamp: [low, high] });
}

function stepped(quantiser: Quantiser, node: FloatLevels, x: Placed, linear: LinearSteps): Placed {
  const { name, low, high } = node;
  const moved = scaledAndMoved(quantiser, node, x, linear);
  return rescaled(quantiser, name, moved, { scale: 0, range: rangeOver(low, high), clamp: [low, high] });
}

/** x · factor + addend of its channel, at the scale of a shift. */
function scaledAndMoved(quantiser: Quantiser, node: FloatLevels, x: Placed, by: Halves): Placed {
  const { name, factors, run } = node;
  const shape = quantiser.shapeOf(x.id);
  const count = shape.reduce((all, size) => all * size, 1);
  const channel = (i: number): number => Math.floor(i / run) % factors.length;
  const factor = Array.from({ length: count }, (_, i) => by.factors[channel(i)]);
  const addend = Float64Array.from({ length: count }, (_, i) => by.addends[channel(i)]);
  const scaled = scaledBy(quantiser, `${name}/factor`, { id: x.id, scale: 0 }, int32s(factor), by.shift);
  const constant = constantsOf(quantiser, `${name}/addend`, shape, by.shift, addend);
  return sum(quantiser, `${name}/scaled`, scaled, constant);
}

/** ⌊x⌉, of two that are as near the even one. */
function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

function levelOf(node: FloatLevels, channel: number, value: number): number {
  const { factors, offsets, zero, low, high, single } = node;
  const exact = single
    ? Math.fround(Math.fround(value + offsets[channel]) * factors[channel])
    : value * factors[channel] + offsets[channel];
  return Math.min(high, Math.max(low, nearestEven(exact) + zero)) + 0;
}
