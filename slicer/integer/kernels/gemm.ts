import type { TensorValues } from '../tensor.ts';
import { fitsShorts, linear, shortsOf } from './linear.ts';

/** acc[r, o] = bias[o] + Σ_i weights[o, i] · input[r, i]. */
export function gemm(
  { weights, bias }: { readonly weights: Int32Array | Float64Array; readonly bias: Float64Array },
  input: TensorValues,
): TensorValues {
  const width = weights.length / bias.length;
  const output = new Float64Array((input.length / width) * bias.length);
  let target = 0;
  for (let row = 0; row < input.length; row += width) {
    let next = 0;
    for (const start of bias) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += weights[next++] * input[row + i];
      output[target++] = start + sum;
    }
  }
  return output;
}

/**
 * The same integers for several inputs, in one go and quicker.
 * @returns undefined where the constants and these inputs don't say that it is exact in 32 bits
 */
export function gemmAll(
  { weights, bias }: { readonly weights: Int32Array; readonly bias: Float64Array },
  inputs: readonly TensorValues[],
): TensorValues[] | undefined {
  const width = weights.length / bias.length;
  const rows = inputs[0].length / width;
  const operator = {
    weights,
    bias,
    groups: 1,
    taps: Int32Array.from({ length: width }, (_, tap) => tap),
    places: Int32Array.from({ length: rows }, (_, row) => row * width),
    groupStep: 0,
    targets: Int32Array.from({ length: rows }, (_, row) => row * bias.length),
    filterStep: 1,
  };
  const shorts = shortsOf(inputs);
  return shorts && fitsShorts(operator, shorts.largest) ? linear(operator, shorts) : undefined;
}
