import { equalPolynomial } from './horner.ts';
import type { CheckForm, CheckMachine, CheckSum } from './machine.ts';
import type { Powers } from './powers.ts';
import type { WindowAxis } from './window-sums.ts';
import { elementsRead, windowRows, windowSums } from './window-sums.ts';

/** Rows or columns of what is checked. */
export interface CheckedAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first input. */
  readonly pad: number;
}

/** acc[o, y, x] = bias(o) + Σ weight(o, c, k) · input(c, y', x'), an accumulator for each live filter and position. */
export interface CheckedWindows {
  readonly channels: number;
  /** Filters whose accumulators are ranged. */
  readonly filters: readonly number[];
  readonly axes: readonly [rows: CheckedAxis, columns: CheckedAxis];
  /** Taps row by row. */
  readonly weight: (filter: number, channel: number, tap: number) => number;
  readonly bias: (filter: number) => number;
  /** The input's tensor, and the place in it of a value. */
  readonly tensor: number;
  readonly input: (channel: number, row: number, column: number) => number;
  readonly output: (filter: number, row: number, column: number) => number;
}

/** How many filters, rows and columns share a row as digits of one number, and which axis is summed up first. */
export interface WindowSlots {
  readonly filters: number;
  readonly axes: readonly [rows: number, columns: number];
  readonly inner: 0 | 1;
}

/** A form of more terms than this gets a wire before it is multiplied: a linear row is cheaper than its terms in A. */
const MOST_TERMS_MULTIPLIED = 64;

/**
 * The cheapest slots. An axis with windows is cut into parts of equal length, whose positions share slots, so its
 * number of slots divides its length.
 */
export function chooseWindowSlots(windows: CheckedWindows, slots: number): WindowSlots {
  const [rows, columns] = windows.axes;
  let best: { readonly cost: number; readonly slots: WindowSlots } | undefined;
  for (const onRows of partsOf(rows, slots)) {
    for (const onColumns of partsOf(columns, Math.floor(slots / onRows))) {
      for (const inner of [1, 0] as const) {
        const filters = Math.min(windows.filters.length, Math.floor(slots / (onRows * onColumns)));
        const choice: WindowSlots = { filters, axes: [onRows, onColumns], inner };
        const cost = estimatedRows(windows, choice);
        if (!best || cost < best.cost) best = { cost, slots: choice };
      }
    }
  }
  return best!.slots;
}

function partsOf({ outputs, taps }: CheckedAxis, most: number): number[] {
  return Array.from({ length: Math.min(outputs, most) }, (_, i) => i + 1).filter(
    (parts) => taps === 1 || outputs % parts === 0,
  );
}

/** Rows when no weight is zero and nothing is padded: what slots are compared by. */
function estimatedRows(windows: CheckedWindows, slots: WindowSlots): number {
  const { filters, inner, outer } = blocksOf(windows, slots);
  const taps = inner.axis.taps * outer.axis.taps;
  const wires = filters > MOST_TERMS_MULTIPLIED ? taps : 0;
  const sums = elementsRead(outer.axis) * windowRows(inner.axis) + inner.axis.taps * windowRows(outer.axis);
  return filters * inner.axis.blocks * outer.axis.blocks + filters + windows.channels * (sums + taps + wires);
}

interface Blocks {
  readonly filters: number;
  readonly inner: { readonly index: 0 | 1; readonly axis: WindowAxis };
  readonly outer: { readonly index: 0 | 1; readonly axis: WindowAxis };
}

function blocksOf(windows: CheckedWindows, slots: WindowSlots): Blocks {
  const axis = (index: 0 | 1): { readonly index: 0 | 1; readonly axis: WindowAxis } => {
    const { outputs, taps, stride, dilation } = windows.axes[index];
    return { index, axis: { blocks: Math.ceil(outputs / slots.axes[index]), taps, stride, dilation } };
  };
  return {
    filters: Math.ceil(windows.filters.length / slots.filters),
    inner: axis(slots.inner),
    outer: axis(slots.inner === 1 ? 0 : 1),
  };
}

/**
 * Σ weight(o, y, x) · acc[o, y, x] = Σ weight(o, y, x) · (what acc is to be), with
 * weight(o, y, x) = 2^(width · slot) · X^exponent, a pair (slot, exponent) for each accumulator.
 *
 * The right side is Σ_c Σ_k U(c, k) · T(c, k): U, the weights over filters, is a form of powers of X; T, the inputs
 * under tap k over all positions, comes from {@link windowSums} along one axis and then along the other.
 *
 * @param accumulator a ranged accumulator less what is added to the sum besides, times `scale`
 */
export function checkWindows<F extends CheckForm>(
  machine: CheckMachine<F>,
  powers: Powers<F>,
  windows: CheckedWindows,
  slots: WindowSlots,
  width: number,
  accumulator: (index: number) => F,
  scale: bigint,
): void {
  const blocks = blocksOf(windows, slots);
  const unit = BigInt(width);
  const filterBits = unit * BigInt(slots.axes[0] * slots.axes[1]);
  let total = machine.nothing;
  for (let channel = 0; channel < windows.channels; channel++) {
    const inputs = tapSums(machine, powers, windows, slots, blocks, unit, channel);
    for (let tap = 0; tap < inputs.length; tap++) {
      if (inputs[tap].length === 0) continue;
      const weights = filterSum(machine, powers, windows, blocks.filters, filterBits, channel, tap);
      if (weights.length === 0) continue;
      const factor = weights.length > MOST_TERMS_MULTIPLIED ? machine.wire(weights) : weights;
      total = machine.product(factor, inputs[tap], total);
    }
  }
  equalPolynomial(
    machine,
    powers.of(1),
    blocks.filters * blocks.inner.axis.blocks * blocks.outer.axis.blocks,
    (exponent) => accumulatorSum(machine, windows, slots, blocks, unit, exponent, accumulator, scale),
    machine.sum([[total, scale]]),
  );
}

/** By tap: Σ over positions of their weight times the input under the tap. */
function tapSums<F extends CheckForm>(
  machine: CheckMachine<F>,
  powers: Powers<F>,
  windows: CheckedWindows,
  slots: WindowSlots,
  { filters, inner, outer }: Blocks,
  unit: bigint,
  channel: number,
): readonly F[] {
  const innerLeap = filters * inner.axis.blocks;
  const along = new Map<number, readonly F[]>();
  const innerSums = (outerAt: number): readonly F[] => {
    const known = along.get(outerAt);
    if (known) return known;
    const element = (innerAt: number): F => {
      const at = inner.index === 1 ? ([outerAt, innerAt] as const) : ([innerAt, outerAt] as const);
      return slotSum(machine, windows, slots, unit, channel, at);
    };
    const sums = windowSums(machine, inner.axis, element, {
      step: () => powers.of(filters),
      leap: () => powers.of(innerLeap),
    });
    along.set(outerAt, sums);
    return sums;
  };
  const taps = new Array<F>(inner.axis.taps * outer.axis.taps);
  for (let innerTap = 0; innerTap < inner.axis.taps; innerTap++) {
    const sums = windowSums(machine, outer.axis, (outerAt) => innerSums(outerAt)[innerTap], {
      step: () => powers.of(innerLeap),
      leap: () => powers.of(innerLeap * outer.axis.blocks),
    });
    for (const [outerTap, sum] of sums.entries()) {
      taps[
        inner.index === 1 ? outerTap * inner.axis.taps + innerTap : innerTap * outer.axis.taps + outerTap
      ] = sum;
    }
  }
  return taps;
}

/** The inputs that stand at one place of every part of both axes, as digits of one number. */
function slotSum<F extends CheckForm>(
  machine: CheckMachine<F>,
  { axes, tensor, input }: CheckedWindows,
  slots: WindowSlots,
  unit: bigint,
  channel: number,
  at: readonly [row: number, column: number],
): F {
  const parts: [F, bigint][] = [];
  const places = ([0, 1] as const).map((index) => {
    const { inputs, outputs, stride, pad, taps } = axes[index];
    const blocks = Math.ceil(outputs / slots.axes[index]);
    // Where nothing slides the last part may be shorter, and what is past its end is not an output's input.
    const end = taps === 1 ? Math.min(inputs, (outputs - 1) * stride + 1 - pad) : inputs;
    return Array.from(
      { length: slots.axes[index] },
      (_, part) => part * blocks * stride + at[index] - pad,
    ).map((place) => (place >= 0 && place < end ? place : undefined));
  });
  for (const [i, row] of places[0].entries()) {
    for (const [j, column] of places[1].entries()) {
      if (row === undefined || column === undefined) continue;
      const slot = BigInt(i * slots.axes[1] + j);
      parts.push([machine.value(tensor, input(channel, row, column)), 1n << (unit * slot)]);
    }
  }
  return machine.sum(parts);
}

/** Σ over filters of their weight times the filter's number at a tap: a form of powers of the challenge. */
function filterSum<F extends CheckForm>(
  machine: CheckMachine<F>,
  powers: Powers<F>,
  { filters, weight }: CheckedWindows,
  blocks: number,
  bits: bigint,
  channel: number,
  tap: number,
): F {
  const factors = new Array<bigint>(blocks).fill(0n);
  const weights = filters.map((filter) => weight(filter, channel, tap));
  // The lowest digit that isn't zero is no multiple of what the higher ones are multiples of: none cancels another.
  const room = weights.length <= blocks ? Infinity : 2 ** Number(bits);
  if (machine.countsRows && weights.every((each) => Math.abs(each) < room)) {
    for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) factors[i % blocks] = 1n;
  } else {
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] === 0) continue;
      factors[i % blocks] += BigInt(weights[i]) << (bits * BigInt(Math.floor(i / blocks)));
    }
  }
  return machine.sum(
    factors.flatMap((factor, i) => (factor === 0n ? [] : [[powers.of(i), factor] as const])),
  );
}

/** What the left side has at one power of the challenge: accumulators less their biases, as digits of one number. */
function accumulatorSum<F extends CheckForm>(
  machine: CheckMachine<F>,
  { axes, filters, bias, output }: CheckedWindows,
  slots: WindowSlots,
  blocks: Blocks,
  unit: bigint,
  exponent: number,
  accumulator: (index: number) => F,
  scale: bigint,
): F {
  const innerAt = Math.floor(exponent / blocks.filters) % blocks.inner.axis.blocks;
  const outerAt = Math.floor(exponent / (blocks.filters * blocks.inner.axis.blocks));
  const [row, column] = blocks.inner.index === 1 ? [outerAt, innerAt] : [innerAt, outerAt];
  const [rowBlocks, columnBlocks] =
    blocks.inner.index === 1
      ? [blocks.outer.axis.blocks, blocks.inner.axis.blocks]
      : [blocks.inner.axis.blocks, blocks.outer.axis.blocks];
  const parts: (readonly [F, bigint])[] = [];
  let constant = 0n;
  for (let i = exponent % blocks.filters; i < filters.length; i += blocks.filters) {
    for (let part = 0; part < slots.axes[0] * slots.axes[1]; part++) {
      const y = Math.floor(part / slots.axes[1]) * rowBlocks + row;
      const x = (part % slots.axes[1]) * columnBlocks + column;
      if (y >= axes[0].outputs || x >= axes[1].outputs) continue;
      const slot = Math.floor(i / blocks.filters) * slots.axes[0] * slots.axes[1] + part;
      const factor = 1n << (unit * BigInt(slot));
      parts.push([accumulator(output(filters[i], y, x)), factor]);
      constant -= factor * scale * BigInt(bias(filters[i]));
    }
  }
  const sum: CheckSum<F> = constant === 0n ? parts : [...parts, [machine.constant(constant), 1n]];
  return machine.sum(sum);
}
