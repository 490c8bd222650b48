import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { boundsOf, rangeOf, sizeOf } from '../integer/tensor.ts';
import { exact, lowBits, plus, minus, type Exact } from '../integer/exact.ts';
import { nodeInputs, type IntegerProgram, type ProgramNode, type TensorValues } from '../integer/program.ts';

/** Unpredictable bytes for an audit, a seed's for a test. */
export type RandomBytes = (size: number) => Uint8Array;

/** Values uniform in a tensor's range. */
export function randomValues({ count, ...range }: TensorSpec, randomBytes: RandomBytes): TensorValues {
  const { low } = boundsOf(range);
  // A range is a power of two of at most 2^32 integers: so many bits of a word are as good as any.
  return Float64Array.from(wordsOf(count, randomBytes), (word) =>
    plus(low, lowBits(exact(word), range.bits)),
  );
}

/**
 * Values at the ends of what a tensor may hold: all least, all largest, all zero in the first three turns, then each value at
 * random among the ends, their neighbours and the numbers about zero.
 */
export function extremeValues(
  { count, ...range }: TensorSpec,
  turn: number,
  randomBytes: RandomBytes,
): TensorValues {
  const { low, high } = boundsOf(range);
  const zero = exact(0);
  if (turn < 3) return new Float64Array(count).fill([low, high, zero][turn]);
  const words = wordsOf(count, randomBytes);
  const near = [low, high, plus(low, 1), minus(high, 1), zero, exact(1), exact(-1)];
  const ends = near.filter((value) => value >= low && value <= high);
  return Float64Array.from({ length: count }, (_, i): Exact => ends[words[i] % ends.length]);
}

/** Inputs of a program: each value uniform in its tensor's range. */
export function randomInputs(program: IntegerProgram, randomBytes: RandomBytes): TensorValues[] {
  return program.inputs.map((id) => randomValues(specOf(program, id), randomBytes));
}

function specOf({ tensors }: IntegerProgram, id: number): TensorSpec {
  return { count: sizeOf(tensors[id].shape), ...rangeOf(tensors[id]) };
}

/**
 * Inputs of a program at the ends of what they may be, where sums reach furthest: as {@link extremeValues}, and from the
 * fourth turn on by turns also what drives one output of a linear operator up or down as far as it goes.
 */
export function extremeInputs(
  program: IntegerProgram,
  turn: number,
  randomBytes: RandomBytes,
): TensorValues[] {
  return program.inputs.map((id) => {
    const spec = specOf(program, id);
    const [choice, up] = wordsOf(2, randomBytes);
    const signs = turn >= 3 && turn % 2 === 0 ? signsOf(program, id, choice) : undefined;
    if (signs === undefined) return extremeValues(spec, turn, randomBytes);
    const { low, high } = boundsOf(spec);
    return Float64Array.from(signs, (sign): Exact =>
      sign === 0 ? exact(0) : sign > 0 === (up % 2 === 1) ? high : low,
    );
  });
}

/** By value of an input: the weight that one output of a linear operator gives it; undefined where none reads it. */
function signsOf(program: IntegerProgram, input: number, choice: number): readonly number[] | undefined {
  const reader = program.nodes.find((node) => nodeInputs(node).includes(input) && isLinear(node));
  if (reader?.kind === 'gemm') {
    const width = reader.weights.length / reader.bias.length;
    const row = (choice % reader.bias.length) * width;
    const count = sizeOf(program.tensors[input].shape);
    return Array.from({ length: count }, (_, i) => reader.weights[row + (i % width)]);
  }
  if (reader?.kind !== 'conv') return undefined;
  const [batch, channels, height, width] = program.tensors[input].shape;
  const { bias, kernel, strides, pads, dilations, groups, weights } = reader;
  const [, , outHeight, outWidth] = program.tensors[reader.output].shape;
  const perGroup = channels / groups;
  const filter = choice % bias.length;
  const first = Math.floor(filter / (bias.length / groups)) * perGroup;
  const position = Math.floor(choice / bias.length) % (outHeight * outWidth);
  const signs = new Array<number>(batch * channels * height * width).fill(0);
  for (let c = 0; c < perGroup; c++) {
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const y =
        Math.floor(position / outWidth) * strides[0] - pads[0] + Math.floor(tap / kernel[1]) * dilations[0];
      const x = (position % outWidth) * strides[1] - pads[1] + (tap % kernel[1]) * dilations[1];
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      const weight = weights[(filter * perGroup + c) * kernel[0] * kernel[1] + tap];
      signs[((first + c) * height + y) * width + x] = weight;
    }
  }
  return signs;
}

function isLinear({ kind }: ProgramNode): boolean {
  return kind === 'gemm' || kind === 'conv';
}

function wordsOf(count: number, randomBytes: RandomBytes): Uint32Array {
  const bytes = Buffer.from(randomBytes(4 * count));
  return Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(4 * i));
}
