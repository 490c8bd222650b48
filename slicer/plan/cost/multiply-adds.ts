import { sizeOf, type IntegerProgram, type ProgramNode, type ProgramTensor } from '../../integer/program.ts';
import { readCall } from '../../onnx/foreign-call.ts';

/** Multiply-adds of one run of a program, zero weights among them: products of tensors and of weights. */
export function multiplyAddsOf({ nodes, tensors }: IntegerProgram): number {
  return nodes.reduce((sum, node) => sum + ofNode(node, tensors), 0);
}

/**
 * What share of the work of these slices is in slices that can be proved; 0 … 1. The work is multiply-adds, or, where there are
 * none, slices.
 */
export function provableShare(
  slices: readonly { readonly provable: boolean; readonly multiplyAdds?: number }[],
): number {
  const sum = (of: typeof slices, work: (slice: (typeof slices)[number]) => number): number =>
    of.reduce((total, slice) => total + work(slice), 0);
  const provable = slices.filter((slice) => slice.provable);
  const adds = ({ multiplyAdds = 0 }: (typeof slices)[number]): number => multiplyAdds;
  const all = sum(slices, adds);
  return all === 0 ? provable.length / slices.length : sum(provable, adds) / all;
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
  const { node, constants, inputs, output } = readCall(model);
  const weights = [...constants.values()].filter(({ shape }) => shape.length >= 2);
  const operator = node.opType ?? '';
  if ((operator === 'Conv' || operator === 'ConvTranspose') && weights.length > 0) {
    const [{ shape }] = weights;
    return sizeOf(output.shape) * sizeOf(shape.slice(1));
  }
  if (weights.length > 0) {
    const vectors = sizeOf(inputs[0].shape.slice(0, -1));
    return weights.reduce((sum, { shape }) => sum + sizeOf(shape) * vectors, 0);
  }
  return operator === 'MatMul' ? sizeOf(output.shape) * (inputs[0].shape.at(-1) ?? 1) : 0;
}
