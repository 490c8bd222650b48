import { elementCount, formatShape, type TensorType } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { tensorOf } from '../tensor-data.ts';
import {
  constantsOf,
  frontAxis,
  inputOf,
  intAttribute,
  type NodeContext,
  type Operator,
} from './operator.ts';

function concatOf(context: NodeContext): TensorType {
  const { node } = context;
  const parts = context.inputs.map((_, i) => inputOf(context, i));
  const { type, shape } = parts[0];
  if (node.attributes.axis === undefined) throw refuseNode(node, 'ONNX_INVALID', 'attribute axis is missing');
  const axis = frontAxis(node, intAttribute(node, 'axis', 0), shape.length);
  const others = (sizes: readonly number[]): string => String(sizes.toSpliced(axis, 1));
  for (const part of parts) {
    if (part.type !== type || part.shape.length !== shape.length || others(part.shape) !== others(shape)) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `can't join ${type} ${formatShape(shape)} and ${part.type} ${formatShape(part.shape)} along axis ${axis}`,
      );
    }
  }
  return {
    type,
    shape: shape.with(
      axis,
      parts.reduce((sum, part) => sum + part.shape[axis], 0),
    ),
  };
}

const concat: Operator = {
  inputs: [1, 10_000],
  attributes: { axis: 'int' },
  infer: concatOf,
  fold(context) {
    const parts = constantsOf(context);
    if (!parts) return undefined;
    const { type, shape } = concatOf(context);
    const axis = frontAxis(context.node, intAttribute(context.node, 'axis', 0), shape.length);
    const blocks = parts.map((part) => elementCount(part.shape.slice(axis)));
    const values: (number | bigint)[] = [];
    for (let row = 0; row < elementCount(shape.slice(0, axis)); row++) {
      parts.forEach(({ data }, i) => {
        for (let at = 0; at < blocks[i]; at++) values.push(data[row * blocks[i] + at]);
      });
    }
    return tensorOf(type, shape, values);
  },
};

/** Operators that join tensors. */
export const joinOperators: Readonly<Record<string, Operator>> = { Concat: concat };
