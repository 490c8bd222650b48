import { refuseNode } from '../refuse.ts';
import { broadcastShapes, inputOf, type AttributeKind, type Operator } from './operator.ts';

/** A function of each value by itself, with constants of its own. */
function activation(attributes: Readonly<Record<string, AttributeKind>> = {}): Operator {
  return { inputs: [1, 1], attributes, infer: (context) => inputOf(context, 0) };
}

const alpha = { alpha: 'float' } as const;

/** The slope of each value below zero; a slope for each channel or for all, never more than there are values. */
const prelu: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const { node } = context;
    const [input, slope] = [inputOf(context, 0), inputOf(context, 1)];
    if (String(broadcastShapes(node, input.shape, slope.shape)) !== String(input.shape)) {
      throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', 'its slopes do not fit its input');
    }
    return input;
  },
};

/** Activation functions, and the functions that they are made of. */
export const activationOperators: Readonly<Record<string, Operator>> = {
  Acos: activation(),
  Acosh: activation(),
  Asin: activation(),
  Asinh: activation(),
  Atan: activation(),
  Atanh: activation(),
  Celu: activation(alpha),
  Cosh: activation(),
  Elu: activation(alpha),
  Erf: activation(),
  Exp: activation(),
  Gelu: activation({ approximate: 'string' }),
  HardSigmoid: activation({ alpha: 'float', beta: 'float' }),
  HardSwish: activation(),
  LeakyRelu: activation(alpha),
  Log: activation(),
  Mish: activation(),
  PRelu: prelu,
  Reciprocal: activation(),
  Round: activation(),
  Selu: activation({ alpha: 'float', gamma: 'float' }),
  Sigmoid: activation(),
  Shrink: activation({ bias: 'float', lambd: 'float' }),
  Sin: activation(),
  Sinh: activation(),
  Cos: activation(),
  Softplus: activation(),
  Softsign: activation(),
  Swish: activation(alpha),
  Tan: activation(),
  Tanh: activation(),
  ThresholdedRelu: activation(alpha),
};
