import { formatShape, type OnnxNode } from '../graph.ts';
import { FLATTENS } from '../upgrade.ts';
import { refuseNode } from '../refuse.ts';
import { broadcastShapes, commonType, frontAxis, inputOf, intAttribute } from './operator.ts';
import type { NodeContext, Operator } from './operator.ts';

/** Of any number of tensors that go together, the largest or least of each place. */
const variadic: Operator = {
  inputs: [1, 10_000],
  attributes: {},
  infer(context) {
    const shapes = context.inputs.map((_, i) => inputOf(context, i).shape);
    const shape = shapes.reduce((joined, each) => broadcastShapes(context.node, joined, each));
    return { type: commonType(context), shape };
  },
};

/** The first tensor to the power of the second, whose type may be another. */
const pow: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const [base, exponent] = [inputOf(context, 0), inputOf(context, 1)];
    return { type: base.type, shape: broadcastShapes(context.node, base.shape, exponent.shape) };
  },
};

const argMax: Operator = {
  inputs: [1, 1],
  attributes: { axis: 'int', keepdims: 'int', select_last_index: 'int' },
  infer(context) {
    const { node } = context;
    const { shape } = inputOf(context, 0);
    const axis = frontAxis(node, intAttribute(node, 'axis', 0), shape.length);
    const keeps = intAttribute(node, 'keepdims', 1) !== 0;
    return { type: 'int64', shape: keeps ? shape.with(axis, 1) : shape.toSpliced(axis, 1) };
  },
};

/** Shares of one along an axis. */
const softmax: Operator = {
  inputs: [1, 1],
  attributes: { axis: 'int', [FLATTENS]: 'int' },
  infer(context) {
    const input = inputOf(context, 0);
    frontAxis(context.node, intAttribute(context.node, 'axis', -1), input.shape.length);
    return input;
  },
};

/**
 * The axis of a Softmax node, counted from the front, and whether it goes along that one and all behind it: what
 * it was in operator sets before 13.
 */
export function softmaxOf(
  node: OnnxNode,
  rank: number,
): { readonly axis: number; readonly flattens: boolean } {
  const axis = frontAxis(node, intAttribute(node, 'axis', -1), rank);
  return { axis, flattens: intAttribute(node, FLATTENS, 0) !== 0 };
}

/** The largest value of each channel. */
const globalMaxPool: Operator = {
  inputs: [1, 1],
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    return { type, shape: shape.map((size, axis) => (axis < 2 ? size : 1)) };
  },
};

const layerNormalization: Operator = {
  inputs: [2, 3],
  attributes: { axis: 'int', epsilon: 'float', stash_type: 'int' },
  infer(context) {
    const { node } = context;
    const input = inputOf(context, 0);
    const axis = frontAxis(node, intAttribute(node, 'axis', -1), input.shape.length);
    const normalised = input.shape.slice(axis);
    for (let i = 1; i < context.inputs.length; i++) requireFits(context, i, normalised);
    return input;
  },
};

function requireFits(context: NodeContext, index: number, wanted: readonly number[]): void {
  const { shape } = inputOf(context, index);
  if (String(broadcastShapes(context.node, wanted, shape)) === String(wanted)) return;
  throw refuseNode(
    context.node,
    'ONNX_SHAPE_MISMATCH',
    `input ${index} of shape ${formatShape(shape)} does not fit the normalised ${formatShape(wanted)}`,
  );
}

/** Operators whose results depend on several values: comparisons, powers, shares, normalised rows. */
export const severalOperators: Readonly<Record<string, Operator>> = {
  ArgMax: argMax,
  GlobalMaxPool: globalMaxPool,
  LayerNormalization: layerNormalization,
  Max: variadic,
  Mean: variadic,
  Min: variadic,
  Pow: pow,
  Softmax: softmax,
  Sum: variadic,
};
