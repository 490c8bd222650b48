import { sizeOf, type IntegerProgram, type ProgramNode, type ProgramTensor } from '../../integer/program.ts';
import { readOnnx } from '../../onnx/index.ts';

/** Multiply-adds of one run of a program, zero weights among them: products of tensors and of weights. */
export function multiplyAddsOf({ nodes, tensors }: IntegerProgram): number {
  return nodes.reduce((sum, node) => sum + ofNode(node, tensors), 0);
}

function ofNode(node: ProgramNode, tensors: readonly ProgramTensor[]): number {
  const size = sizeOf(tensors[node.output].shape);
  switch (node.kind) {
    case 'conv':
    case 'gemm':
      return size * (node.weights.length / node.bias.length);
    case 'matmul':
      return size * (tensors[node.inputs[0]].shape.at(-1) ?? 1);
    case 'mul':
      return size;
    case 'foreign':
      return ofForeign(node.model);
    default:
      return 0;
  }
}

/**
 * Of an operator that only ONNX Runtime knows: every weight once for each vector that it is applied to. That is
 * exact for products with a matrix, and near enough for recurrent layers, which apply all of theirs at each step.
 */
function ofForeign(model: Uint8Array): number {
  const { nodes, constants, inputs, outputs } = readOnnx(model);
  const weights = [...constants.values()].filter(({ shape }) => shape.length >= 2);
  const [{ operator }] = nodes;
  if (operator === 'Conv' || operator === 'ConvTranspose') {
    const [{ shape }] = weights;
    return sizeOf(outputs[0].shape) * sizeOf(shape.slice(1));
  }
  if (weights.length > 0) {
    const vectors = sizeOf(inputs[0].shape.slice(0, -1));
    return weights.reduce((sum, { shape }) => sum + sizeOf(shape) * vectors, 0);
  }
  return operator === 'MatMul' ? sizeOf(outputs[0].shape) * (inputs[0].shape.at(-1) ?? 1) : 0;
}
