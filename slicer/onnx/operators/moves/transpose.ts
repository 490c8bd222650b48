import { refuseNode } from '../../refuse.ts';
import { inputOf, intsAttribute, type NodeContext, type Operator } from '../operator.ts';
import { orderIndices } from './tables.ts';

function orderOf(context: NodeContext): readonly number[] {
  const { shape } = inputOf(context, 0);
  const order = intsAttribute(context.node, 'perm', [...shape.keys()].toReversed());
  if (String(order.toSorted((a, b) => a - b)) !== String([...shape.keys()])) {
    const problem = `perm = [${order.join(', ')}] for ${shape.length} dimensions`;
    throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  return order;
}

export const transpose: Operator = {
  inputs: [1, 1],
  attributes: { perm: 'ints' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    return { type, shape: orderOf(context).map((axis) => shape[axis]) };
  },
  moves(context) {
    const { shape } = inputOf(context, 0);
    return [{ indices: orderIndices(shape, orderOf(context)), fill: 0 }];
  },
};
