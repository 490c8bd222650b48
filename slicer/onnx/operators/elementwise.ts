import { refuseNode } from '../refuse.ts';
import { castTarget } from '../tensor-proto.ts';
import { broadcastShapes, commonType, inputOf, intAttribute, type Operator } from './operator.ts';

const unary: Operator = { inputs: [1, 1], attributes: {}, infer: (context) => inputOf(context, 0) };

const binary: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const [left, right] = [inputOf(context, 0), inputOf(context, 1)];
    return { type: commonType(context), shape: broadcastShapes(context.node, left.shape, right.shape) };
  },
};

const clip: Operator = {
  inputs: [1, 3],
  attributes: {},
  infer(context) {
    for (const bound of context.inputs.slice(1)) {
      if (bound !== undefined && bound.shape.some((size) => size !== 1)) {
        throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', 'bounds must be single values');
      }
    }
    return { type: commonType(context), shape: inputOf(context, 0).shape };
  },
};

const cast: Operator = {
  inputs: [1, 1],
  attributes: { to: 'int', saturate: 'int' },
  infer(context) {
    const code = intAttribute(context.node, 'to', 0);
    const type = castTarget(code);
    if (type === undefined) {
      throw refuseNode(
        context.node,
        'ONNX_UNSUPPORTED_ATTRIBUTE',
        `attribute to = ${code}, a type that is not read`,
      );
    }
    return { type, shape: inputOf(context, 0).shape };
  },
};

/** Operators that work on each value by itself. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Identity: unary,
  Relu: unary,
  Floor: unary,
  Add: binary,
  Sub: binary,
  Mul: binary,
  Clip: clip,
  Cast: cast,
};
