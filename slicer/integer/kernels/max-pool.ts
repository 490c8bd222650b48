import type { TensorValues } from '../tensor.ts';
import type { Windows } from '../windows.ts';

/** [N, channels, height, width], as every convolution and pooling reads and writes it. */
type ImageShape = readonly number[];

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
  node: Windows,
  input: TensorValues,
  inputShape: ImageShape,
  outputShape: ImageShape,
): TensorValues {
  const [, , height, width] = inputShape;
  const channels = inputShape[0] * inputShape[1];
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
