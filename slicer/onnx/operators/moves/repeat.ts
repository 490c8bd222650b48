import { refuseNode } from '../../refuse.ts';
import { broadcastShapes, constantIntegers, inputOf, type NodeContext, type Operator } from '../operator.ts';
import { broadcastIndices } from './broadcast.ts';
import { axisTable, indicesOf, stridesOf } from './tables.ts';

function expandedShape(context: NodeContext): readonly number[] {
  return broadcastShapes(context.node, inputOf(context, 0).shape, constantIntegers(context, 1, 'shape'));
}

export const expand: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer: (context) => ({ type: inputOf(context, 0).type, shape: expandedShape(context) }),
  moves: (context) => [
    { indices: broadcastIndices(inputOf(context, 0).shape, expandedShape(context)), fill: 0 },
  ],
};

function repeatsOf(context: NodeContext): readonly number[] {
  const { shape } = inputOf(context, 0);
  const repeats = constantIntegers(context, 1, 'repeats');
  if (repeats.length !== shape.length || repeats.some((count) => count < 0)) {
    const problem = `repeats = [${repeats.join(', ')}] for ${shape.length} dimensions`;
    throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  return repeats;
}

export const tile: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const repeats = repeatsOf(context);
    return { type, shape: shape.map((size, axis) => size * repeats[axis]) };
  },
  moves(context) {
    const { shape } = inputOf(context, 0);
    const repeats = repeatsOf(context);
    const strides = stridesOf(shape);
    const tables = shape.map((size, axis) =>
      axisTable(size * repeats[axis], (at) => (at % size) * strides[axis]),
    );
    return [{ indices: indicesOf(tables), fill: 0 }];
  },
};
