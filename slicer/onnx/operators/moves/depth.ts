import { refuseNode } from '../../refuse.ts';
import { inputOf, intAttribute, type NodeContext, type Operator } from '../operator.ts';
import { orderIndices } from './tables.ts';

interface Blocks {
  readonly size: number;
  readonly shape: readonly [number, number, number, number];
}

function blocksOf(context: NodeContext): Blocks {
  const { shape } = inputOf(context, 0);
  const size = intAttribute(context.node, 'blocksize', 0);
  if (shape.length !== 4 || size < 1) {
    throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', `blocksize ${size} and ${shape.length} dimensions`);
  }
  return { size, shape: shape as unknown as Blocks['shape'] };
}

function divided(context: NodeContext, size: number, by: number): number {
  if (size % by === 0) return size / by;
  throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', `${size} positions in blocks of ${by}`);
}

export const depthToSpace: Operator = {
  inputs: [1, 1],
  attributes: { blocksize: 'int', mode: 'string' },
  infer(context) {
    const { size, shape } = blocksOf(context);
    const [batch, depth, height, width] = shape;
    const channels = divided(context, depth, size * size);
    return { type: inputOf(context, 0).type, shape: [batch, channels, height * size, width * size] };
  },
  moves(context) {
    const { size, shape } = blocksOf(context);
    const [batch, depth, height, width] = shape;
    const channels = divided(context, depth, size * size);
    const indices =
      context.node.attributes.mode === 'CRD'
        ? orderIndices([batch, channels, size, size, height, width], [0, 1, 4, 2, 5, 3])
        : orderIndices([batch, size, size, channels, height, width], [0, 3, 4, 1, 5, 2]);
    return [{ indices, fill: 0 }];
  },
};

export const spaceToDepth: Operator = {
  inputs: [1, 1],
  attributes: { blocksize: 'int' },
  infer(context) {
    const { size, shape } = blocksOf(context);
    const [batch, channels, height, width] = shape;
    const sides = [height, width].map((side) => divided(context, side, size));
    return { type: inputOf(context, 0).type, shape: [batch, channels * size * size, ...sides] };
  },
  moves(context) {
    const { size, shape } = blocksOf(context);
    const [batch, channels, height, width] = shape;
    const [rows, columns] = [height, width].map((side) => divided(context, side, size));
    return [
      { indices: orderIndices([batch, channels, rows, size, columns, size], [0, 3, 5, 1, 2, 4]), fill: 0 },
    ];
  },
};
