import type { ElementType, TensorType } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { isFloat, tensorOf } from '../tensor-data.ts';
import { castTarget } from '../tensor-proto.ts';
import { broadcastIndices } from './moves/broadcast.ts';
import { broadcastShapes, commonType, constantsOf, inputOf, intAttribute } from './operator.ts';
import type { NodeContext, Operator } from './operator.ts';

const unary: Operator = { inputs: [1, 1], attributes: {}, infer: (context) => inputOf(context, 0) };

/** A function of each value, worked out at once for a constant. */
function map(of: (value: number) => number): Operator {
  return {
    ...unary,
    fold(context) {
      const [constant] = constantsOf(context) ?? [];
      return constant && tensorOf(constant.type, constant.shape, Array.from(constant.data, Number).map(of));
    },
  };
}

const plainBinary: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const [left, right] = [inputOf(context, 0), inputOf(context, 1)];
    return { type: commonType(context), shape: broadcastShapes(context.node, left.shape, right.shape) };
  },
};

/** A function of two values, worked out at once for constants. */
function binary(of: (left: number, right: number) => number, result?: ElementType): Operator {
  const infer = (context: NodeContext): TensorType => {
    const inferred = plainBinary.infer(context) as TensorType;
    return { ...inferred, type: result ?? inferred.type };
  };
  return {
    ...plainBinary,
    infer,
    fold(context) {
      const constants = constantsOf(context);
      if (!constants) return undefined;
      const { type, shape } = infer(context);
      const [left, right] = constants.map((constant) => {
        const values = Array.from(constant.data, Number);
        return Array.from(broadcastIndices(constant.shape, shape), (index) => values[index]);
      });
      return tensorOf(
        type,
        shape,
        left.map((value, i) => of(value, right[i])),
      );
    },
  };
}

/** Integers divide towards zero, as ONNX Runtime does. */
const divide: Operator = {
  ...binary((left, right) => left / right),
  fold(context) {
    const constants = constantsOf(context);
    const zero = constants?.[1].data.some((value) => Number(value) === 0);
    if (zero && !isFloat(constants![1].type)) throw refuseNode(context.node, 'ONNX_INVALID', 'divides by 0');
    return binary((left, right) => left / right).fold?.(context);
  },
};

const where: Operator = {
  inputs: [3, 3],
  attributes: {},
  infer(context) {
    const [condition, left, right] = [0, 1, 2].map((i) => inputOf(context, i));
    const shape = [left, right].reduce(
      (joined, { shape }) => broadcastShapes(context.node, joined, shape),
      condition.shape,
    );
    return { type: left.type, shape };
  },
  fold(context) {
    const constants = constantsOf(context);
    if (!constants) return undefined;
    const { type, shape } = where.infer(context) as TensorType;
    const [condition, left, right] = constants.map((constant) =>
      Array.from(broadcastIndices(constant.shape, shape), (index) => constant.data[index]),
    );
    return tensorOf(
      type,
      shape,
      condition.map((holds, i) => (Number(holds) === 0 ? right[i] : left[i])),
    );
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
  fold(context) {
    const [constant] = constantsOf(context) ?? [];
    const { type, shape } = cast.infer(context) as TensorType;
    return constant && tensorOf(type, shape, Array.from<number | bigint>(constant.data));
  },
};

/** Operators that work on each value by itself. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Relu: unary,
  Abs: map(Math.abs),
  Ceil: map(Math.ceil),
  Floor: map(Math.floor),
  Neg: map((value) => -value),
  Sqrt: map(Math.sqrt),
  Add: binary((left, right) => left + right),
  Sub: binary((left, right) => left - right),
  Mul: binary((left, right) => left * right),
  Div: divide,
  Equal: binary((left, right) => (left === right ? 1 : 0), 'bool'),
  Less: binary((left, right) => (left < right ? 1 : 0), 'bool'),
  Greater: binary((left, right) => (left > right ? 1 : 0), 'bool'),
  GreaterOrEqual: binary((left, right) => (left >= right ? 1 : 0), 'bool'),
  LessOrEqual: binary((left, right) => (left <= right ? 1 : 0), 'bool'),
  And: binary((left, right) => (left !== 0 && right !== 0 ? 1 : 0), 'bool'),
  Not: map((value) => (value === 0 ? 1 : 0)),
  Sign: map(Math.sign),
  Xor: binary((left, right) => ((left === 0) === (right === 0) ? 0 : 1), 'bool'),
  Or: binary((left, right) => (left === 0 && right === 0 ? 0 : 1), 'bool'),
  Where: where,
  Clip: clip,
  Cast: cast,
};
