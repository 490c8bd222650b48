import { sizeOf, type TensorValues } from '../tensor.ts';

/** Joins row-major tensors along an axis. */
export function join(
  inputs: readonly TensorValues[],
  shapes: readonly (readonly number[])[],
  axis: number,
  size: number,
): TensorValues {
  const output = new Float64Array(size);
  const blocks = shapes.map((shape) => sizeOf(shape.slice(axis)));
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
