import { formatShape, gemmOf, type OnnxNode, type OnnxTensor } from '../../onnx/index.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';

/** Products with constant matrices. */
export const matrixOperators: Readonly<Record<string, Lower>> = { Gemm: gemm, MatMul: matMul };

function gemm(lowering: Lowering, node: OnnxNode): void {
  const { alpha, beta, transposeA, transposeB } = gemmOf(node);
  if (transposeA) throw unsupported(node, 'transA = 1');
  const weights = lowering.constant(node, 1, 'B');
  const input = lowering.row(node);
  const matrix = transposeB ? Float64Array.from(weights.data, Number) : transpose(weights);
  const filters = weights.shape[transposeB ? 0 : 1];
  const bias = lowering.bias(node, 2, filters);
  lowering.emit({
    kind: 'gemm',
    name: node.name,
    input,
    output: lowering.output(node),
    weights: matrix.map((weight) => weight * alpha),
    bias: bias.map((value) => value * beta),
  });
}

function matMul(lowering: Lowering, node: OnnxNode): void {
  const weights = lowering.constant(node, 1, 'right factor');
  if (weights.shape.length !== 2)
    throw unsupported(node, `a right factor of shape ${formatShape(weights.shape)}`);
  lowering.emit({
    kind: 'gemm',
    name: node.name,
    input: lowering.row(node),
    output: lowering.output(node),
    weights: transpose(weights),
    bias: new Float64Array(weights.shape[1]),
  });
}

function transpose({ data, shape: [rows, columns] }: OnnxTensor): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}
