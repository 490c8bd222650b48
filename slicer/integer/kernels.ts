import type { ConvNode, GemmNode, MaxPoolNode, RescaleNode, TensorValues } from './program.ts';
import { boundsOf, type IntegerRange } from './program.ts';

/** Kernels run on a program's integer weights and on the float weights they were made from. */
type WithWeights<Node extends { readonly weights: unknown }> = Omit<Node, 'weights' | 'kind'> & {
  readonly weights: Int32Array | Float64Array;
};

/** [1, channels, height, width], as every convolution and pooling reads and writes it. */
export type ImageShape = readonly number[];

/**
 * acc[o, y, x] = bias[o] + Σ weight · input. Each filter is its non-zero taps, taken four at a time over the
 * whole output plane: one store for four products.
 */
export function conv(
  node: WithWeights<ConvNode>,
  input: TensorValues,
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues {
  const { weights, bias, kernel, strides, dilations, groups, pads } = node;
  const [, channels] = inputShape;
  const [, filters, outHeight, outWidth] = outputShape;
  const { values, height, width } = padded(input, inputShape, pads);
  const groupChannels = channels / groups;
  const taps = groupChannels * kernel[0] * kernel[1];
  const tapOffsets = new Int32Array(taps);
  for (let tap = 0; tap < taps; tap++) {
    const kx = tap % kernel[1];
    const ky = Math.floor(tap / kernel[1]) % kernel[0];
    const channel = Math.floor(tap / (kernel[1] * kernel[0]));
    tapOffsets[tap] = (channel * height + ky * dilations[0]) * width + kx * dilations[1];
  }
  const plane = outHeight * outWidth;
  const output = new Float64Array(filters * plane);
  const factors = new Float64Array(taps + 3);
  const offsets = new Int32Array(taps + 3);
  for (let filter = 0; filter < filters; filter++) {
    const group = Math.floor(filter / (filters / groups));
    const groupStart = group * groupChannels * height * width;
    let used = 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[filter * taps + tap];
      if (weight === 0) continue;
      factors[used] = weight;
      offsets[used++] = groupStart + tapOffsets[tap];
    }
    factors.fill(0, used, used + 3);
    offsets.fill(0, used, used + 3);
    output.fill(bias[filter], filter * plane, (filter + 1) * plane);
    for (let tap = 0; tap < used; tap += 4) {
      const [w0, w1, w2, w3] = [factors[tap], factors[tap + 1], factors[tap + 2], factors[tap + 3]];
      const [o0, o1, o2, o3] = [offsets[tap], offsets[tap + 1], offsets[tap + 2], offsets[tap + 3]];
      let target = filter * plane;
      for (let y = 0; y < outHeight; y++) {
        let at = y * strides[0] * width;
        for (const end = target + outWidth; target < end; target++, at += strides[1]) {
          output[target] +=
            w0 * values[at + o0] + w1 * values[at + o1] + w2 * values[at + o2] + w3 * values[at + o3];
        }
      }
    }
  }
  return output;
}

/** The image with its zero padding written out; the image itself where there is none. */
function padded(
  input: TensorValues,
  [, channels, height, width]: ImageShape,
  [top, left, bottom, right]: ConvNode['pads'],
): { readonly values: TensorValues; readonly height: number; readonly width: number } {
  if (top + left + bottom + right === 0) return { values: input, height, width };
  const fullHeight = height + top + bottom;
  const fullWidth = width + left + right;
  const values = new Float64Array(channels * fullHeight * fullWidth);
  for (let row = 0; row < channels * height; row++) {
    const channel = Math.floor(row / height);
    const y = channel * fullHeight + top + (row % height);
    values.set(input.subarray(row * width, (row + 1) * width), y * fullWidth + left);
  }
  return { values, height: fullHeight, width: fullWidth };
}

/** acc[o] = bias[o] + Σ_i weights[o, i] · input[i]. */
export function gemm(
  { weights, bias }: Pick<WithWeights<GemmNode>, 'weights' | 'bias'>,
  input: TensorValues,
): TensorValues {
  const output = Float64Array.from(bias);
  let next = 0;
  for (let row = 0; row < output.length; row++) {
    let sum = 0;
    for (let i = 0; i < input.length; i++) sum += weights[next++] * input[i];
    output[row] += sum;
  }
  return output;
}

/**
 * The span of output positions whose tap falls inside the input: positions p with
 * 0 ≤ p · stride + offset < size, as [first, end).
 */
function tapSpan(offset: number, stride: number, size: number, outputs: number): [number, number] {
  const first = offset >= 0 ? 0 : Math.ceil(-offset / stride);
  const end = Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1);
  return [first, Math.max(first, end)];
}

/** The largest value of each window; padding is not part of a window. */
export function maxPool(
  node: Omit<MaxPoolNode, 'kind'>,
  input: TensorValues,
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues {
  const [, channels, height, width] = inputShape;
  const [, , outHeight, outWidth] = outputShape;
  const { kernel, strides, pads, dilations } = node;
  const output = new Float64Array(channels * outHeight * outWidth).fill(-Infinity);
  for (let ky = 0; ky < kernel[0]; ky++) {
    const top = ky * dilations[0] - pads[0];
    const [firstY, endY] = tapSpan(top, strides[0], height, outHeight);
    for (let kx = 0; kx < kernel[1]; kx++) {
      const left = kx * dilations[1] - pads[1];
      const [firstX, endX] = tapSpan(left, strides[1], width, outWidth);
      for (let channel = 0; channel < channels; channel++) {
        for (let y = firstY; y < endY; y++) {
          let source = (channel * height + y * strides[0] + top) * width + left + firstX * strides[1];
          const row = (channel * outHeight + y) * outWidth;
          for (let x = firstX; x < endX; x++, source += strides[1]) {
            if (input[source] > output[row + x]) output[row + x] = input[source];
          }
        }
      }
    }
  }
  return output;
}

/** left · 2^leftShift + right · 2^rightShift. */
export function add(
  left: TensorValues,
  right: TensorValues,
  shifts: readonly [number, number],
): TensorValues {
  const leftFactor = 2 ** shifts[0];
  const rightFactor = 2 ** shifts[1];
  return left.map((value, i) => value * leftFactor + right[i] * rightFactor);
}

/** clamp(floor((acc + half) / 2^shift), low, high). */
export function rescale(
  { shift, relu }: RescaleNode,
  range: IntegerRange,
  input: TensorValues,
): TensorValues {
  const bounds = boundsOf(range);
  const low = relu ? Math.max(0, bounds.low) : bounds.low;
  const half = shift === 0 ? 0 : 2 ** (shift - 1);
  const factor = 2 ** -shift;
  return input.map((value) => Math.min(bounds.high, Math.max(low, Math.floor((value + half) * factor))));
}

/** Joins row-major tensors along an axis. */
export function concat(
  inputs: readonly TensorValues[],
  shapes: readonly (readonly number[])[],
  axis: number,
  size: number,
): TensorValues {
  const output = new Float64Array(size);
  const blocks = shapes.map((shape) =>
    shape.slice(axis).reduce((product, dimension) => product * dimension, 1),
  );
  const rowLength = blocks.reduce((sum, block) => sum + block, 0);
  let column = 0;
  for (const [i, values] of inputs.entries()) {
    const block = blocks[i];
    for (let start = 0, row = column; start < values.length; start += block, row += rowLength) {
      output.set(values.subarray(start, start + block), row);
    }
    column += block;
  }
  return output;
}
