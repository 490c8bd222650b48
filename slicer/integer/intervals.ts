import { IntegerProgramError } from './errors.ts';
import { boundsOf, sizeOf } from './program.ts';
import type {
  AddNode,
  ConcatNode,
  ConvNode,
  GemmNode,
  IntegerProgram,
  ProgramNode,
  RescaleNode,
} from './program.ts';

/**
 * What the values of one tensor may be. Entry e bounds the `run` consecutive values from e · run on, both
 * ends included: one entry a channel (dimensions 0 and 1 of the shape together), so one a value for [1, I].
 */
export interface TensorInterval {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly run: number;
}

/**
 * The interval of every tensor, by tensor index, from the actual constants: at the program's inputs the full
 * range of their bits (never what a producer in another slice could reach), after `rescale` what is left of
 * the accumulator's interval, everywhere else exact interval arithmetic, channel by channel.
 *
 * A convolution with padding counts a padded zero among its input's values.
 *
 * @throws IntegerProgramError PROGRAM_RANGE_MISSING: a program input without a range;
 *   INTEGER_TOO_WIDE: an accumulator, partial sums in any order and rounding included, could pass 2^53 − 1
 */
export function intervalsOf(program: IntegerProgram): readonly TensorInterval[] {
  const intervals: TensorInterval[] = new Array<TensorInterval>(program.tensors.length);
  for (const index of program.inputs) {
    const { name, shape, range } = program.tensors[index];
    if (!range) {
      throw new IntegerProgramError(
        'PROGRAM_RANGE_MISSING',
        `expected a range for the program's input ${name}`,
        {
          hint: 'Only model inputs and results of rescale may stand at a slice edge.',
        },
      );
    }
    const { low, high } = boundsOf(range);
    const { entries, run } = layoutOf(shape);
    intervals[index] = {
      low: new Float64Array(entries).fill(low),
      high: new Float64Array(entries).fill(high),
      run,
    };
  }
  for (const node of program.nodes) intervals[node.output] = nodeInterval(program, node, intervals);
  return intervals;
}

/** How many channels a shape has, and how many consecutive values are in one. */
export function layoutOf(shape: readonly number[]): { readonly entries: number; readonly run: number } {
  return { entries: sizeOf(shape.slice(0, 2)), run: sizeOf(shape.slice(2)) };
}

/** What a convolution's input channel may hold at one of its taps: padding adds zero. */
export function tapBounds(
  node: ConvNode,
  input: TensorInterval,
  channel: number,
): { readonly low: number; readonly high: number } {
  const padded = node.pads.some((pad) => pad > 0);
  const low = input.low[channel];
  const high = input.high[channel];
  return padded ? { low: Math.min(0, low), high: Math.max(0, high) } : { low, high };
}

function nodeInterval(
  program: IntegerProgram,
  node: ProgramNode,
  intervals: readonly TensorInterval[],
): TensorInterval {
  switch (node.kind) {
    case 'conv':
      return convInterval(program, node, intervals[node.input]);
    case 'gemm':
      return gemmInterval(node, intervals[node.input]);
    case 'add':
      return addInterval(node, intervals);
    case 'max-pool': {
      // The maximum of values of one channel stays in the channel's interval.
      const { low, high } = intervals[node.input];
      return { low, high, run: layoutOf(program.tensors[node.output].shape).run };
    }
    case 'rescale':
      return rescaleInterval(program, node, intervals[node.input]);
    case 'reshape':
      return regroup(intervals[node.input], program.tensors[node.output].shape);
    case 'concat':
      return concatInterval(program, node, intervals);
  }
}

function convInterval(program: IntegerProgram, node: ConvNode, input: TensorInterval): TensorInterval {
  const outChannels = program.tensors[node.output].shape[1];
  const inChannels = program.tensors[node.input].shape[1];
  const low = new Float64Array(outChannels);
  const high = new Float64Array(outChannels);
  const perGroup = inChannels / node.groups;
  const taps = node.kernel[0] * node.kernel[1];
  const bounds = Array.from({ length: inChannels }, (_, channel) => tapBounds(node, input, channel));
  for (let o = 0; o < outChannels; o++) {
    const firstChannel = Math.floor(o / (outChannels / node.groups)) * perGroup;
    const sum = new BoundedSum(node.bias[o]);
    for (let c = 0; c < perGroup; c++) {
      const tap = bounds[firstChannel + c];
      const start = (o * perGroup + c) * taps;
      for (let k = 0; k < taps; k++) sum.add(node.weights[start + k], tap.low, tap.high);
    }
    [low[o], high[o]] = sum.checked(node.name, o);
  }
  return { low, high, run: layoutOf(program.tensors[node.output].shape).run };
}

function gemmInterval(node: GemmNode, input: TensorInterval): TensorInterval {
  const outputs = node.bias.length;
  const inputs = node.weights.length / outputs;
  const low = new Float64Array(outputs);
  const high = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const sum = new BoundedSum(node.bias[o]);
    for (let i = 0; i < inputs; i++) {
      sum.add(node.weights[o * inputs + i], input.low[i], input.high[i]);
    }
    [low[o], high[o]] = sum.checked(node.name, o);
  }
  return { low, high, run: 1 };
}

function addInterval(node: AddNode, intervals: readonly TensorInterval[]): TensorInterval {
  const [left, right] = node.inputs.map((index) => intervals[index]);
  const [leftFactor, rightFactor] = node.shifts.map((shift) => 2 ** shift);
  const low = new Float64Array(left.low.length);
  const high = new Float64Array(left.low.length);
  for (let e = 0; e < low.length; e++) {
    const sum = new BoundedSum(0);
    sum.add(leftFactor, left.low[e], left.high[e]);
    sum.add(rightFactor, right.low[e], right.high[e]);
    [low[e], high[e]] = sum.checked(node.name, e);
  }
  return { low, high, run: left.run };
}

function rescaleInterval(program: IntegerProgram, node: RescaleNode, input: TensorInterval): TensorInterval {
  const { name, range } = program.tensors[node.output];
  if (!range) {
    throw new IntegerProgramError(
      'PROGRAM_RANGE_MISSING',
      `expected a range for ${name}, the result of a rescale`,
    );
  }
  const bounds = boundsOf(range);
  const least = node.relu ? Math.max(0, bounds.low) : bounds.low;
  const half = node.shift === 0 ? 0 : 2 ** (node.shift - 1);
  const rescale = (value: number, entry: number): number => {
    if (Math.abs(value) + half > Number.MAX_SAFE_INTEGER)
      throw tooWide(node.name, entry, Math.abs(value) + half);
    return Math.min(bounds.high, Math.max(least, Math.floor((value + half) / 2 ** node.shift)));
  };
  return { low: input.low.map(rescale), high: input.high.map(rescale), run: input.run };
}

/** The interval of the same values under another shape: channels that are joined get the hull. */
function regroup(interval: TensorInterval, shape: readonly number[]): TensorInterval {
  const { entries, run } = layoutOf(shape);
  const low = new Float64Array(entries).fill(Infinity);
  const high = new Float64Array(entries).fill(-Infinity);
  for (let e = 0; e < entries; e++) {
    const first = Math.floor((e * run) / interval.run);
    const last = Math.floor(((e + 1) * run - 1) / interval.run);
    for (let i = first; i <= last; i++) {
      low[e] = Math.min(low[e], interval.low[i]);
      high[e] = Math.max(high[e], interval.high[i]);
    }
  }
  return { low, high, run };
}

function concatInterval(
  program: IntegerProgram,
  node: ConcatNode,
  intervals: readonly TensorInterval[],
): TensorInterval {
  const { entries, run } = layoutOf(program.tensors[node.output].shape);
  const low = new Float64Array(entries).fill(Infinity);
  const high = new Float64Array(entries).fill(-Infinity);
  const outChannels = program.tensors[node.output].shape[1] ?? 1;
  let joined = 0;
  for (const index of node.inputs) {
    const { shape } = program.tensors[index];
    const channels = shape[1] ?? 1;
    for (let e = 0; e < intervals[index].low.length; e++) {
      const batch = Math.floor(e / channels) + (node.axis === 0 ? joined : 0);
      const channel = (e % channels) + (node.axis === 1 ? joined : 0);
      const target = batch * outChannels + channel;
      low[target] = Math.min(low[target], intervals[index].low[e]);
      high[target] = Math.max(high[target], intervals[index].high[e]);
    }
    joined += shape[node.axis];
  }
  return { low, high, run };
}

/** Σ factor · value over intervals, with a guard that keeps every partial sum exact in a float64. */
class BoundedSum {
  #low: number;
  #high: number;
  #magnitude: number;

  constructor(constant: number) {
    this.#low = constant;
    this.#high = constant;
    this.#magnitude = Math.abs(constant);
  }

  add(factor: number, low: number, high: number): void {
    const atLow = factor * low;
    const atHigh = factor * high;
    this.#low += Math.min(atLow, atHigh);
    this.#high += Math.max(atLow, atHigh);
    this.#magnitude += Math.max(Math.abs(atLow), Math.abs(atHigh));
  }

  checked(node: string, entry: number): readonly [number, number] {
    // Sums of rounded non-negative terms never round below the limit when the exact sum is above it.
    if (this.#magnitude > Number.MAX_SAFE_INTEGER) throw tooWide(node, entry, this.#magnitude);
    return [this.#low, this.#high];
  }
}

function tooWide(node: string, entry: number, magnitude: number): IntegerProgramError {
  return new IntegerProgramError(
    'INTEGER_TOO_WIDE',
    `${node}: channel ${entry} can reach ${magnitude}, past ${Number.MAX_SAFE_INTEGER}`,
    { hint: 'Use fewer bits for the weights or the activations of this operator.', details: { node, entry } },
  );
}
