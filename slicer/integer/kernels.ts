import type { ConvNode, GemmNode, MaxPoolNode, RescaleNode, TensorValues } from './program.ts';
import { boundsOf, type IntegerRange } from './program.ts';

/** Kernels run on a program's integer weights and on the float weights they were made from. */
type WithWeights<Node extends { readonly weights: unknown }> = Omit<Node, 'weights' | 'kind'> & {
  readonly weights: Int32Array | Float64Array;
};

/** [1, channels, height, width], as every convolution and pooling reads and writes it. */
export type ImageShape = readonly number[];

/**
 * The span of output positions whose tap falls inside the input: positions p with
 * 0 ≤ p · stride + offset < size, as [first, end).
 */
export function tapSpan(offset: number, stride: number, size: number, outputs: number): [number, number] {
  const first = offset >= 0 ? 0 : Math.ceil(-offset / stride);
  const end = Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1);
  return [first, Math.max(first, end)];
}

/**
 * acc[o, y, x] = bias[o] + Σ weight · input: one pass over the output for each weight, so that the inner
 * loop runs along a row of both.
 */
export function conv(
  node: WithWeights<ConvNode>,
  input: TensorValues,
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues {
  const [, channels, height, width] = inputShape;
  const [, filters, outHeight, outWidth] = outputShape;
  const { weights, kernel, strides, pads, dilations, groups } = node;
  const groupChannels = channels / groups;
  const groupFilters = filters / groups;
  const outPlane = outHeight * outWidth;
  const output = new Float64Array(filters * outPlane);
  let next = 0;
  for (let filter = 0; filter < filters; filter++) {
    output.fill(node.bias[filter], filter * outPlane, (filter + 1) * outPlane);
    const firstChannel = Math.floor(filter / groupFilters) * groupChannels;
    for (let channel = firstChannel; channel < firstChannel + groupChannels; channel++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const top = ky * dilations[0] - pads[0];
        const [firstY, endY] = tapSpan(top, strides[0], height, outHeight);
        for (let kx = 0; kx < kernel[1]; kx++) {
          const weight = weights[next++];
          if (weight === 0) continue;
          const left = kx * dilations[1] - pads[1];
          const [firstX, endX] = tapSpan(left, strides[1], width, outWidth);
          for (let y = firstY; y < endY; y++) {
            let source = (channel * height + y * strides[0] + top) * width + left + firstX * strides[1];
            const row = filter * outPlane + y * outWidth;
            for (let x = firstX; x < endX; x++, source += strides[1])
              output[row + x] += weight * input[source];
          }
        }
      }
    }
  }
  return output;
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
