import { refuseNode } from '../../refuse.ts';
import {
  constantIntegers,
  frontAxis,
  inputOf,
  intAttribute,
  type NodeContext,
  type Operator,
} from '../operator.ts';
import { axisTable, indicesOf, stridesOf } from './tables.ts';

function partsOf(context: NodeContext): { readonly axis: number; readonly sizes: readonly number[] } {
  const { node } = context;
  const { shape } = inputOf(context, 0);
  const axis = frontAxis(node, intAttribute(node, 'axis', 0), shape.length);
  const count = intAttribute(node, 'num_outputs', node.outputs.length);
  const size = shape[axis];
  const even = Math.ceil(size / count);
  const sizes = context.inputs[1]
    ? constantIntegers(context, 1, 'split')
    : Array.from({ length: count }, (_, i) => Math.max(0, Math.min(even, size - i * even)));
  const total = sizes.reduce((sum, part) => sum + part, 0);
  if (total !== size || sizes.length < node.outputs.length || sizes.some((part) => part < 0)) {
    const problem = `parts [${sizes.join(', ')}] of ${size} values for ${node.outputs.length} outputs`;
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  return { axis, sizes };
}

export const split: Operator = {
  inputs: [1, 2],
  outputs: 1024,
  attributes: { axis: 'int', num_outputs: 'int' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const { axis, sizes } = partsOf(context);
    return sizes.map((size) => ({ type, shape: shape.with(axis, size) }));
  },
  moves(context) {
    const { shape } = inputOf(context, 0);
    const strides = stridesOf(shape);
    const { axis, sizes } = partsOf(context);
    let start = 0;
    return sizes.map((size) => {
      const first = start;
      start += size;
      const tables = shape.map((full, i) =>
        axisTable(i === axis ? size : full, (at) => (i === axis ? first + at : at) * strides[i]),
      );
      return { indices: indicesOf(tables), fill: 0 };
    });
  },
};
