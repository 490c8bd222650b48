import { elementCount } from '../../graph.ts';
import { refuseNode } from '../../refuse.ts';
import { constantIntegers, frontAxis, inputOf, intAttribute, type Operator } from '../operator.ts';
import { axisTable, indicesOf } from './tables.ts';

export const gather: Operator = {
  inputs: [2, 2],
  attributes: { axis: 'int' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const axis = frontAxis(context.node, intAttribute(context.node, 'axis', 0), shape.length);
    return { type, shape: [...shape.slice(0, axis), ...inputOf(context, 1).shape, ...shape.slice(axis + 1)] };
  },
  moves(context) {
    const { node } = context;
    const { shape } = inputOf(context, 0);
    const axis = frontAxis(node, intAttribute(node, 'axis', 0), shape.length);
    const block = elementCount(shape.slice(axis + 1));
    const places = constantIntegers(context, 1, 'indices').map((index) => {
      const position = index < 0 ? index + shape[axis] : index;
      if (position >= 0 && position < shape[axis]) return position * block;
      throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', `index ${index} of ${shape[axis]} positions`);
    });
    return [
      {
        indices: indicesOf([
          axisTable(elementCount(shape.slice(0, axis)), (at) => at * block * shape[axis]),
          Int32Array.from(places),
          axisTable(block, (at) => at),
        ]),
        fill: 0,
      },
    ];
  },
};
