import { broadcastIndices, type OnnxTensor } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';

/** Reals that go with a tensor by NumPy's rules of broadcasting. */
export interface Reals {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function realsOf({ shape, data }: OnnxTensor): Reals {
  return { shape, data: Float64Array.from(data, Number) };
}

export function scalar(value: number): Reals {
  return { shape: [], data: Float64Array.of(value) };
}

/**
 * Reals over a tensor, one for each of `count` channels: value i of the tensor goes with the one of channel
 * ⌊i / run⌋ mod count.
 */
export interface Spread {
  readonly count: number;
  readonly run: number;
  readonly values: readonly Float64Array[];
}

/** Several constants over a tensor of this shape, all with the same channels: as few as they allow. */
export function spread(constants: readonly Reals[], shape: readonly number[]): Spread {
  const padded = constants.map((constant) => [
    ...new Array<number>(shape.length - constant.shape.length).fill(1),
    ...constant.shape,
  ]);
  const varies = shape.map((_, axis) => padded.some((sizes) => sizes[axis] > 1));
  const first = varies.indexOf(true);
  const end = varies.lastIndexOf(true) + 1;
  const middle = first < 0 ? [] : shape.slice(first, end);
  const values = constants.map(({ data }, i) => {
    const from = first < 0 ? [] : padded[i].slice(first, end);
    return Float64Array.from(broadcastIndices(from, middle), (index) => data[index]);
  });
  return { count: sizeOf(middle), run: first < 0 ? sizeOf(shape) : sizeOf(shape.slice(end)), values };
}
