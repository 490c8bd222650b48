import type { IntegerProgram } from '../../slicer/integer/program.ts';
import { sizeOf } from '../../slicer/integer/program.ts';

/** The sizes of one convolution of 3×3 with padding, ReLU and rescale over 8-bit values. */
export interface ConvolutionSizes {
  readonly channels: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
}

/** Such a convolution with random weights, the same every time. */
export function convolution(sizes: ConvolutionSizes): IntegerProgram {
  return convolutionTile(sizes, 0, sizes.height);
}

/** Its rows from `first` to `end`, as a slice of its own: it reads a row more on either side that is not the image's edge. */
export function convolutionTile(
  { channels, filters, height, width }: ConvolutionSizes,
  first: number,
  end: number,
): IntegerProgram {
  const draw = numbers();
  const range = { signed: false, bits: 8 };
  const [top, bottom] = [first === 0 ? 1 : 0, end === height ? 1 : 0];
  const rows = end - first + 2 - top - bottom;
  return {
    tensors: [
      { name: 'image', shape: [1, channels, rows, width], scale: 7, range },
      { name: 'sum', shape: [1, filters, end - first, width], scale: 7 },
      { name: 'activation', shape: [1, filters, end - first, width], scale: 7, range },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'conv',
        name: 'conv',
        input: 0,
        output: 1,
        kernel: [3, 3],
        strides: [1, 1],
        pads: [top, 1, bottom, 1],
        dilations: [1, 1],
        groups: 1,
        weights: Int32Array.from({ length: filters * channels * 9 }, () => draw(-127, 127)),
        bias: Float64Array.from({ length: filters }, () => draw(-8_000, 8_000)),
      },
      { kind: 'rescale', name: 'relu', input: 1, output: 2, shift: 9, relu: true },
    ],
  };
}

/** A product of two tensors of signed 8-bit values, rescaled. */
export function matrixProduct(height: number, inner: number, width: number): IntegerProgram {
  const range = { signed: true, bits: 8 };
  return {
    tensors: [
      { name: 'left', shape: [1, height, inner], scale: 7, range },
      { name: 'right', shape: [1, inner, width], scale: 7, range },
      { name: 'sum', shape: [1, height, width], scale: 14 },
      { name: 'product', shape: [1, height, width], scale: 4, range },
    ],
    inputs: [0, 1],
    outputs: [3],
    nodes: [
      { kind: 'matmul', name: 'matmul', inputs: [0, 1], output: 2 },
      { kind: 'rescale', name: 'rescale', input: 2, output: 3, shift: 10, relu: false },
    ],
  };
}

/** The same by a constant matrix. */
export function matrixByConstant(height: number, inner: number, width: number): IntegerProgram {
  const draw = numbers();
  const range = { signed: true, bits: 8 };
  return {
    tensors: [
      { name: 'left', shape: [height, inner], scale: 7, range },
      { name: 'sum', shape: [height, width], scale: 14 },
      { name: 'product', shape: [height, width], scale: 4, range },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'gemm',
        name: 'gemm',
        input: 0,
        output: 1,
        weights: Int32Array.from({ length: inner * width }, () => draw(-127, 127)),
        bias: new Float64Array(width),
      },
      { kind: 'rescale', name: 'rescale', input: 1, output: 2, shift: 10, relu: false },
    ],
  };
}

/** So many rows of {@link convolution} inside the image, by weights that are an input: the matrix of its windows by theirs. */
export function tileByMatrix(
  { channels, filters, width }: Omit<ConvolutionSizes, 'height'>,
  rows: number,
): IntegerProgram {
  const range = { signed: false, bits: 8 };
  const taps = 9 * channels;
  const places = rows * width;
  const indices = Int32Array.from({ length: places * taps }, (_, i) => {
    const place = Math.floor(i / taps);
    const [channel, tap] = [Math.floor((i % taps) / 9), i % 9];
    const row = Math.floor(place / width) + Math.floor(tap / 3);
    const column = (place % width) + (tap % 3) - 1;
    return column < 0 || column >= width ? -1 : (channel * (rows + 2) + row) * width + column;
  });
  return {
    tensors: [
      { name: 'image', shape: [1, channels, rows + 2, width], scale: 7, range },
      { name: 'weights', shape: [1, taps, filters], scale: 7, range: { signed: true, bits: 8 } },
      { name: 'windows', shape: [1, places, taps], scale: 7, range },
      { name: 'sum', shape: [1, places, filters], scale: 14 },
      { name: 'activation', shape: [1, places, filters], scale: 5, range },
    ],
    inputs: [0, 1],
    outputs: [4],
    nodes: [
      { kind: 'gather', name: 'windows', input: 0, output: 2, indices, fill: 0 },
      { kind: 'matmul', name: 'matmul', inputs: [2, 1], output: 3 },
      { kind: 'rescale', name: 'relu', input: 3, output: 4, shift: 9, relu: true },
    ],
  };
}

/**
 * Values of 8 bits, each times a weight of its channel of nearly 2^14, so that sums have 23 bits; ReLU, and 8 bits again.
 */
export function scaledReluProgram(values: number): IntegerProgram {
  const shape = [1, CHANNELS, 1, values / CHANNELS];
  return {
    tensors: [
      { name: 'x', shape, scale: 0, range: { signed: true, bits: 8 } },
      { name: 'sum', shape, scale: 0 },
      { name: 'y', shape, scale: 0, range: { signed: false, bits: 8 } },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'conv',
        name: 'scale',
        input: 0,
        output: 1,
        kernel: [1, 1],
        strides: [1, 1],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        groups: CHANNELS,
        weights: Int32Array.from({ length: CHANNELS }, (_, i) => 32_749 - i),
        bias: new Float64Array(CHANNELS),
      },
      { kind: 'rescale', name: 'relu', input: 1, output: 2, shift: 14, relu: true },
    ],
  };
}

const CHANNELS = 8;

/** The logistic function of signed values of 8 bits with five behind the point, into 8 bits. */
export function sigmoidProgram(values: number): IntegerProgram {
  const shape = [1, values];
  return {
    tensors: [
      { name: 'x', shape, scale: 5, range: { signed: true, bits: 8 } },
      { name: 'y', shape, scale: 8, range: { signed: false, bits: 8 } },
    ],
    inputs: [0],
    outputs: [1],
    nodes: [
      {
        kind: 'table',
        name: 'sigmoid',
        input: 0,
        output: 1,
        first: -128,
        values: Int32Array.from({ length: 256 }, (_, i) => Math.round(255 / (1 + Math.exp(-(i - 128) / 32)))),
      },
    ],
  };
}

/** Values for every input of a program, the same every time. */
export function inputsOf({ inputs, tensors }: IntegerProgram): readonly Float64Array[] {
  const draw = numbers();
  return inputs.map((id) => {
    const { shape, range } = tensors[id];
    const bits = range?.bits ?? 1;
    const low = range?.signed === true ? -(2 ** (bits - 1)) : 0;
    return Float64Array.from({ length: sizeOf(shape) }, () => draw(low, low + 2 ** bits - 1));
  });
}

/** The same numbers every time: a linear congruential generator (Numerical Recipes). */
export function numbers(): (low: number, high: number) => number {
  let state = 1;
  return (low, high) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}
