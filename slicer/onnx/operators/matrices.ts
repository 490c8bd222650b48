import { formatShape, type OnnxNode } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { broadcastShapes, commonType, inputOf, intAttribute, type Operator } from './operator.ts';

/** The numbers of a Gemm node: α · A' · B' + β · C, where ' is a transposition. */
export interface GemmAttributes {
  readonly alpha: number;
  readonly beta: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function gemmOf(node: OnnxNode): GemmAttributes {
  return {
    alpha: (node.attributes.alpha as number | undefined) ?? 1,
    beta: (node.attributes.beta as number | undefined) ?? 1,
    transposeA: intAttribute(node, 'transA', 0) !== 0,
    transposeB: intAttribute(node, 'transB', 0) !== 0,
  };
}

const gemm: Operator = {
  inputs: [2, 3],
  attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
  infer(context) {
    const { node } = context;
    const [a, b, c] = [inputOf(context, 0), inputOf(context, 1), context.inputs[2]];
    const { transposeA, transposeB } = gemmOf(node);
    const left = transposeA ? a.shape.toReversed() : a.shape;
    const right = transposeB ? b.shape.toReversed() : b.shape;
    if (left.length !== 2 || right.length !== 2 || left[1] !== right[0]) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `can't multiply ${formatShape(left)} by ${formatShape(right)} (shapes after transposition)`,
      );
    }
    const shape = [left[0], right[1]];
    if (c !== undefined && String(broadcastShapes(node, shape, c.shape)) !== String(shape)) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `an addend of shape ${formatShape(c.shape)} does not fit the product's ${formatShape(shape)}`,
      );
    }
    return { type: commonType(context), shape };
  },
};

export const matMul: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const [a, b] = [inputOf(context, 0), inputOf(context, 1)];
    // NumPy's rule: a vector counts as one row on the left, one column on the right, and its 1 is dropped again.
    const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
    const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
    if (left.length < 2 || right.length < 2 || left.at(-1) !== right.at(-2)) {
      throw refuseNode(
        context.node,
        'ONNX_SHAPE_MISMATCH',
        `can't multiply ${formatShape(a.shape)} by ${formatShape(b.shape)}`,
      );
    }
    const batch = broadcastShapes(context.node, left.slice(0, -2), right.slice(0, -2));
    const rows = a.shape.length === 1 ? [] : [left[left.length - 2]];
    const columns = b.shape.length === 1 ? [] : [right[right.length - 1]];
    return { type: commonType(context), shape: [...batch, ...rows, ...columns] };
  },
};

/** Operators that multiply matrices. */
export const matrixOperators: Readonly<Record<string, Operator>> = { Gemm: gemm, MatMul: matMul };
