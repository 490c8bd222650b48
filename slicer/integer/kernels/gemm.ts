import type { TensorValues } from '../tensor.ts';

/** acc[o] = bias[o] + Σ_i weights[o, i] · input[i]. */
export function gemm(
  { weights, bias }: { readonly weights: Int32Array | Float64Array; readonly bias: Float64Array },
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
