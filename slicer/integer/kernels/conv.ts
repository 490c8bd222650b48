import type { TensorValues } from '../tensor.ts';
import type { Windows } from '../windows.ts';
import { fitsShorts, linear, shortsOf } from './linear.ts';

/** Filters of a convolution, in a program's integers or in the floats that they were made from. */
export interface Filters extends Windows {
  /** [O, C / groups, kernel height, kernel width], row-major. */
  readonly weights: Int32Array | Float64Array;
  /** [O]. */
  readonly bias: Float64Array;
  readonly groups: number;
}

/** [N, channels, height, width], as every convolution and pooling reads and writes it. */
type ImageShape = readonly number[];

/**
 * acc[n, o, y, x] = bias[o] + Σ weight · input. Each filter is its non-zero taps, taken four at a time over the
 * whole output plane: one store for four products.
 */
export function conv(
  node: Filters,
  input: TensorValues,
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues {
  const { weights, bias, strides, groups, pads } = node;
  const [, channels] = inputShape;
  const [, filters, outHeight, outWidth] = outputShape;
  const { values, height, width } = padded(input, inputShape, pads);
  const groupChannels = channels / groups;
  const tapOffsets = tapsOf(node, groupChannels, height, width);
  const taps = tapOffsets.length;
  const plane = outHeight * outWidth;
  const batch = inputShape[0];
  const output = new Float64Array(batch * filters * plane);
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
    for (let sample = 0; sample < batch; sample++) {
      const first = (sample * filters + filter) * plane;
      const start = sample * channels * height * width;
      output.fill(bias[filter], first, first + plane);
      for (let tap = 0; tap < used; tap += 4) {
        const [w0, w1, w2, w3] = [factors[tap], factors[tap + 1], factors[tap + 2], factors[tap + 3]];
        const [o0, o1, o2, o3] = [offsets[tap], offsets[tap + 1], offsets[tap + 2], offsets[tap + 3]];
        let target = first;
        for (let y = 0; y < outHeight; y++) {
          let at = start + y * strides[0] * width;
          for (const end = target + outWidth; target < end; target++, at += strides[1]) {
            output[target] +=
              w0 * values[at + o0] + w1 * values[at + o1] + w2 * values[at + o2] + w3 * values[at + o3];
          }
        }
      }
    }
  }
  return output;
}

/**
 * The same integers for several images, in one go and quicker.
 * @returns undefined where the constants and these images don't say that it is exact in 32 bits
 */
export function convAll(
  node: Filters & { readonly weights: Int32Array },
  inputs: readonly TensorValues[],
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues[] | undefined {
  const { weights, bias, groups, strides, pads } = node;
  const [batch, channels] = inputShape;
  const [, filters, outHeight, outWidth] = outputShape;
  const images = inputs.map((input) => padded(input, inputShape, pads));
  const [{ height, width }] = images;
  const plane = outHeight * outWidth;
  const places = new Int32Array(batch * plane);
  const targets = new Int32Array(batch * plane);
  for (let place = 0; place < places.length; place++) {
    const sample = Math.floor(place / plane);
    const y = Math.floor((place % plane) / outWidth);
    const x = place % outWidth;
    places[place] = (sample * channels * height + y * strides[0]) * width + x * strides[1];
    targets[place] = sample * filters * plane + (place % plane);
  }
  const groupChannels = channels / groups;
  const taps = tapsOf(node, groupChannels, height, width);
  const groupStep = groupChannels * height * width;
  const operator = { weights, bias, groups, taps, places, groupStep, targets, filterStep: plane };
  const shorts = shortsOf(images.map(({ values }) => values));
  return shorts && fitsShorts(operator, shorts.largest) ? linear(operator, shorts) : undefined;
}

/** How far each tap of a filter is from its first one, in an image of so many rows and columns. */
function tapsOf(
  { kernel, dilations }: Windows,
  groupChannels: number,
  height: number,
  width: number,
): Int32Array {
  const offsets = new Int32Array(groupChannels * kernel[0] * kernel[1]);
  for (let tap = 0; tap < offsets.length; tap++) {
    const kx = tap % kernel[1];
    const ky = Math.floor(tap / kernel[1]) % kernel[0];
    const channel = Math.floor(tap / (kernel[1] * kernel[0]));
    offsets[tap] = (channel * height + ky * dilations[0]) * width + kx * dilations[1];
  }
  return offsets;
}

/** The image with its zero padding written out; the image itself where there is none. */
function padded(
  input: TensorValues,
  [batch, channels, height, width]: ImageShape,
  [top, left, bottom, right]: Windows['pads'],
): { readonly values: TensorValues; readonly height: number; readonly width: number } {
  if (top + left + bottom + right === 0) return { values: input, height, width };
  const fullHeight = height + top + bottom;
  const fullWidth = width + left + right;
  const values = new Float64Array(batch * channels * fullHeight * fullWidth);
  for (let row = 0; row < batch * channels * height; row++) {
    const channel = Math.floor(row / height);
    const y = channel * fullHeight + top + (row % height);
    values.set(input.subarray(row * width, (row + 1) * width), y * fullWidth + left);
  }
  return { values, height: fullHeight, width: fullWidth };
}
