import { sizeOf } from '../../integer/program.ts';
import type { Lowering } from './lowering.ts';

/** x · Wᵀ over the last dimension of x, W of [filters, inner]: a tensor [rows, filters]. */
export function timesMatrix(
  lowering: Lowering,
  name: string,
  input: number,
  weights: Float64Array,
  inner: number,
): number {
  const rows = sizeOf(lowering.shapeOf(input)) / inner;
  const filters = weights.length / inner;
  const output = lowering.tensor(`${name}/rows`, [rows, filters]);
  lowering.emit({
    kind: 'gemm',
    name,
    input: lowering.reshaped(`${name}/flat`, input, [rows, inner]),
    output,
    weights,
    bias: new Float64Array(filters),
  });
  return output;
}

/**
 * W · x of every sample, x of [batch, inner, columns]: as 1×1 convolutions, which need no transposition.
 * @param weights [rows, inner] for all samples, or one such matrix a sample
 * @returns a tensor [batch, rows, columns]
 */
export function matrixTimes(
  lowering: Lowering,
  name: string,
  weights: Float64Array,
  input: number,
  { rows, perSample }: { readonly rows: number; readonly perSample: boolean },
): number {
  const [batch, inner, columns] = lowering.shapeOf(input);
  const [samples, groups] = perSample ? [1, batch] : [batch, 1];
  const output = lowering.tensor(`${name}/product`, [samples, groups * rows, columns, 1]);
  lowering.emit({
    kind: 'conv',
    name,
    input: lowering.reshaped(`${name}/image`, input, [samples, groups * inner, columns, 1]),
    output,
    weights,
    bias: new Float64Array(groups * rows),
    kernel: [1, 1],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups,
  });
  return lowering.reshaped(`${name}/matrices`, output, [batch, rows, columns]);
}
