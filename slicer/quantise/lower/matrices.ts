import { broadcastIndices, gemmOf, orderIndices, type OnnxNode, type OnnxTensor } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import { affineOf } from './affine.ts';
import type { Lower, Lowering } from './lowering.ts';
import { matrixTimes, timesMatrix } from './products.ts';
import { matMulTensors, productOf } from './tensors.ts';
import { realsOf, scalar, type Reals } from './spread.ts';

/** Products with constant matrices. */
export const matrixOperators: Readonly<Record<string, Lower>> = { Gemm: gemm, MatMul: matMul };

/** α · A' · B' + β · C with A or B constant. */
function gemm(lowering: Lowering, node: OnnxNode): void {
  const { alpha, beta } = gemmOf(node);
  const product = gemmProduct(lowering, node);
  const scaled = affineOf(lowering, `${node.name}/alpha`, product, { factor: scalar(alpha) });
  if (!node.inputs[2]) return lowering.finishAs(node, scaled);
  const addend = lowering.known(node, 2);
  if (addend) {
    const { shape, data } = realsOf(addend);
    const offset = { shape, data: data.map((value) => value * beta) };
    return lowering.finishAs(node, affineOf(lowering, `${node.name}/sum`, scaled, { offset }));
  }
  const shape = lowering.shapeOf(scaled);
  const given = lowering.input(node, 2);
  const indices = broadcastIndices(lowering.shapeOf(given), shape);
  const repeated = lowering.gathered(`${node.name}/addend`, given, shape, indices);
  const weighted =
    beta === 1 ? repeated : affineOf(lowering, `${node.name}/beta`, repeated, { factor: scalar(beta) });
  const inputs = [scaled, weighted] as const;
  lowering.emit({ kind: 'add', name: `${node.name}/sum`, inputs, output: lowering.output(node) });
}

function gemmProduct(lowering: Lowering, node: OnnxNode): number {
  const { transposeA, transposeB } = gemmOf(node);
  const [left, right] = [lowering.known(node, 0), lowering.known(node, 1)];
  const turned = (index: number, turn: boolean): number => {
    const input = lowering.input(node, index);
    return turn ? lowering.turned(`${node.name}/turned`, input, [1, 0]) : input;
  };
  if (right) {
    const weights = matrixOf(right, !transposeB);
    return timesMatrix(lowering, node.name, turned(0, transposeA), weights, right.shape[transposeB ? 1 : 0]);
  }
  if (!left)
    return productOf(lowering, `${node.name}/matrices`, turned(0, transposeA), turned(1, transposeB));
  const rows = left.shape[transposeA ? 1 : 0];
  const input = turned(1, transposeB);
  const shape = lowering.shapeOf(input);
  const batch = lowering.reshaped(`${node.name}/batch`, input, [1, ...shape]);
  const options = { rows, perSample: false };
  const product = matrixTimes(lowering, node.name, matrixOf(left, transposeA), batch, options);
  return lowering.reshaped(`${node.name}/matrix`, product, [rows, shape[1]]);
}

/** The values of a matrix, or of its transpose. */
function matrixOf({ data, shape }: OnnxTensor, turn: boolean): Float64Array {
  return turn
    ? Float64Array.from(orderIndices(shape, [1, 0]), (index) => Number(data[index]))
    : Float64Array.from(data, Number);
}

/** Batches of products, one factor of them constant; a vector counts as one row or column. */
function matMul(lowering: Lowering, node: OnnxNode): void {
  const [left, right] = [lowering.known(node, 0), lowering.known(node, 1)];
  if (right && sizeOf(right.shape.slice(0, -2)) === 1) {
    const shape = right.shape.length === 1 ? [...right.shape, 1] : right.shape.slice(-2);
    const weights = matrixOf({ ...right, shape }, true);
    const product = timesMatrix(lowering, node.name, lowering.input(node), weights, shape[0]);
    return lowering.finishAs(node, product);
  }
  if (left) return leftConstant(lowering, node, realsOf(left));
  if (!right) return matMulTensors(lowering, node);
  // (x · W)ᵀ = Wᵀ · xᵀ, batch by batch.
  const input = lowering.input(node);
  const given = lowering.shapeOf(input);
  const matrix = given.length === 1 ? [1, ...given] : given;
  const batches = right.shape.slice(0, -2);
  const [rows, inner] = matrix.slice(-2);
  const columns = right.shape[right.shape.length - 1];
  const turned = turnLast(
    lowering,
    `${node.name}/turned`,
    lowering.reshaped(`${node.name}/matrix`, input, matrix),
  );
  const weights = turnedReals(realsOf(right));
  const batch = joinBatches(matrix.slice(0, -2), batches);
  const product = batchedTimes(lowering, node, weights, turned, {
    batch,
    rows: columns,
    inner,
    columns: rows,
  });
  lowering.finishAs(node, turnLast(lowering, `${node.name}/back`, product));
}

function leftConstant(lowering: Lowering, node: OnnxNode, left: Reals): void {
  const input = lowering.input(node, 1);
  const given = lowering.shapeOf(input);
  const matrix = given.length === 1 ? [...given, 1] : given;
  const shape = left.shape.length === 1 ? [1, ...left.shape] : left.shape;
  const [inner, columns] = matrix.slice(-2);
  const [rows] = shape.slice(-2);
  const batch = joinBatches(matrix.slice(0, -2), shape.slice(0, -2));
  const source = lowering.reshaped(`${node.name}/matrix`, input, matrix);
  const product = batchedTimes(lowering, node, { ...left, shape }, source, { batch, rows, inner, columns });
  lowering.finishAs(node, product);
}

interface Sizes {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** W · x for W of [… rows, inner] and x of [… inner, columns], both repeated to fill the batch. */
function batchedTimes(
  lowering: Lowering,
  node: OnnxNode,
  weights: Reals,
  input: number,
  { batch, rows, inner, columns }: Sizes,
): number {
  const repeat = broadcastIndices(lowering.shapeOf(input), [...batch, inner, columns]);
  const samples = lowering.gathered(`${node.name}/batch`, input, [sizeOf(batch), inner, columns], repeat);
  const perSample = sizeOf(weights.shape.slice(0, -2)) > 1;
  const all = perSample ? broadcastIndices(weights.shape, [...batch, rows, inner]) : undefined;
  const values = all ? Float64Array.from(all, (index) => weights.data[index]) : weights.data;
  return matrixTimes(lowering, node.name, values, samples, { rows, perSample });
}

function turnLast(lowering: Lowering, name: string, input: number): number {
  const axes = [...lowering.shapeOf(input).keys()];
  return lowering.turned(name, input, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

function turnedReals({ shape, data }: Reals): Reals {
  const axes = [...shape.keys()];
  const order = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  const values = Float64Array.from(orderIndices(shape, order), (index) => data[index]);
  return { shape: order.map((axis) => shape[axis]), data: values };
}

/** The batch dimensions of two factors together; the reader has seen that they go together. */
function joinBatches(left: readonly number[], right: readonly number[]): readonly number[] {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, i) =>
    Math.max(left[left.length - rank + i] ?? 1, right[right.length - rank + i] ?? 1),
  );
}
