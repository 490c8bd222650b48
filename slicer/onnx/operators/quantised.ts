import type { ElementType, TensorType } from '../graph.ts';
import { matMul } from './matrices.ts';
import { inputOf, type NodeContext, type Operator } from './operator.ts';
import { conv } from './windows.ts';

/** Integers out of reals: round(x / scale) + zero, cut off. */
const quantizeLinear: Operator = {
  inputs: [2, 3],
  attributes: { axis: 'int', saturate: 'int' },
  infer(context) {
    return { type: context.inputs[2]?.type ?? 'uint8', shape: inputOf(context, 0).shape };
  },
};

/** Reals out of integers: (q − zero) · scale. */
const dequantizeLinear: Operator = {
  inputs: [2, 3],
  attributes: { axis: 'int' },
  infer: (context) => ({ type: inputOf(context, 1).type, shape: inputOf(context, 0).shape }),
};

/** What an operator on reals makes of shapes, for one on integers that has its operands at these places. */
function over(operator: Operator, places: readonly number[], typeOf: (context: NodeContext) => ElementType) {
  return (context: NodeContext): TensorType => {
    const inputs = places.map((at) => ({ ...inputOf(context, at), type: 'float32' as const }));
    const { shape } = operator.infer({ ...context, inputs }) as TensorType;
    return { type: typeOf(context), shape };
  };
}

/** Operators on integers with scales of their own, as quantised models have them. */
export const quantisedOperators: Readonly<Record<string, Operator>> = {
  ConvInteger: { inputs: [2, 4], attributes: conv.attributes, infer: over(conv, [0, 1], () => 'int32') },
  DequantizeLinear: dequantizeLinear,
  MatMulInteger: { inputs: [2, 4], attributes: {}, infer: over(matMul, [0, 1], () => 'int32') },
  QLinearConv: {
    inputs: [8, 9],
    attributes: conv.attributes,
    infer: over(conv, [0, 3], (context) => inputOf(context, 7).type),
  },
  QLinearMatMul: {
    inputs: [8, 8],
    attributes: {},
    infer: over(matMul, [0, 3], (context) => inputOf(context, 7).type),
  },
  QuantizeLinear: quantizeLinear,
};
