import { elementCount, formatShape, type TensorType } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { axesOf, constantIntegers, frontAxis, inputOf, intAttribute, type Operator } from './operator.ts';

const identity: Operator = {
  inputs: [1, 1],
  attributes: {},
  same: true,
  infer: (context) => inputOf(context, 0),
};

/** In inference it gives what it reads; the mask that it may give too is all true. */
const dropout: Operator = {
  inputs: [1, 3],
  outputs: 2,
  attributes: { ratio: 'float', seed: 'int' },
  same: true,
  infer(context) {
    const input = inputOf(context, 0);
    const training = context.inputs[2] ? context.constant(2)?.data[0] : 0;
    const drops = context.inputs[1] ? context.constant(1)?.data[0] : 0.5;
    if ((training === undefined || Number(training) !== 0) && (drops === undefined || Number(drops) !== 0)) {
      throw refuseNode(
        context.node,
        'ONNX_RANDOM',
        'training_mode is on: it drops at random, expected inference',
      );
    }
    return [input, { type: 'bool', shape: input.shape }];
  },
};

const flatten: Operator = {
  inputs: [1, 1],
  same: true,
  attributes: { axis: 'int' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const given = intAttribute(context.node, 'axis', 1);
    // Unlike elsewhere the axis may be the rank itself: everything in front, [n, 1].
    const axis = given === shape.length ? given : frontAxis(context.node, given, shape.length);
    return { type, shape: [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))] };
  },
};

const reshape: Operator = {
  inputs: [2, 2],
  same: true,
  attributes: { allowzero: 'int' },
  infer(context) {
    const { node } = context;
    const { type, shape } = inputOf(context, 0);
    const keepsZero = intAttribute(node, 'allowzero', 0) !== 0;
    const wanted = constantIntegers(context, 1, 'shape').map((size, i) =>
      size === 0 && !keepsZero ? (shape[i] ?? 0) : size,
    );
    const total = elementCount(shape);
    const known = elementCount(wanted.filter((size) => size !== -1));
    const result = wanted.map((size) => (size === -1 ? total / known : size));
    if (
      wanted.filter((size) => size === -1).length > 1 ||
      result.some((size) => !(size >= 0)) ||
      elementCount(result) !== total
    ) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `can't turn ${formatShape(shape)} into [${wanted.join(', ')}]`,
      );
    }
    return { type, shape: result };
  },
};

const squeeze: Operator = {
  inputs: [1, 2],
  same: true,
  attributes: {},
  infer(context): TensorType {
    const { type, shape } = inputOf(context, 0);
    const dropped = axesOf(context, 1, shape.length) ?? shape.flatMap((size, i) => (size === 1 ? [i] : []));
    if (dropped.some((axis) => shape[axis] !== 1)) {
      throw refuseNode(
        context.node,
        'ONNX_SHAPE_MISMATCH',
        `axes [${dropped.join(', ')}] of ${formatShape(shape)} are not all 1`,
      );
    }
    return { type, shape: shape.filter((_, i) => !dropped.includes(i)) };
  },
};

const unsqueeze: Operator = {
  inputs: [2, 2],
  same: true,
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const axes = constantIntegers(context, 1, 'axes');
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => frontAxis(context.node, axis, rank)));
    if (added.size !== axes.length)
      throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', `axes [${axes.join(', ')}] name one twice`);
    const rest = shape.values();
    return {
      type,
      shape: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (rest.next().value ?? 1))),
    };
  },
};

/** Operators that give the values that they read under another shape, or as they are. */
export const shapeOperators: Readonly<Record<string, Operator>> = {
  Identity: identity,
  Dropout: dropout,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
};
