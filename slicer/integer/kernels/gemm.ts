import type { TensorValues } from '../tensor.ts';

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
