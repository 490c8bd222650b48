import { refuseNode } from '../../refuse.ts';
import { constantIntegers, frontAxis, inputOf, type NodeContext, type Operator } from '../operator.ts';
import { axisTable, indicesOf, stridesOf } from './tables.ts';

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;

interface Padding {
  readonly mode: (typeof MODES)[number];
  /** By axis: how many positions come before and after; negative ones are taken away. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function paddingOf(context: NodeContext): Padding {
  const { node } = context;
  const { shape } = inputOf(context, 0);
  const mode = MODES.find((known) => known === (node.attributes.mode ?? 'constant'));
  if (mode === undefined) {
    const problem = `attribute mode = ${JSON.stringify(node.attributes.mode)}`;
    throw refuseNode(node, 'ONNX_UNSUPPORTED_ATTRIBUTE', problem);
  }
  const pads = constantIntegers(context, 1, 'pads');
  const axes = context.inputs[3]
    ? constantIntegers(context, 3, 'axes').map((axis) => frontAxis(node, axis, shape.length))
    : [...shape.keys()];
  if (pads.length !== 2 * axes.length) {
    const problem = `pads = [${pads.join(', ')}] for ${axes.length} dimensions`;
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  axes.forEach((axis, i) => {
    before[axis] = pads[i];
    after[axis] = pads[axes.length + i];
    const most = Math.max(pads[i], pads[axes.length + i]);
    const room =
      mode === 'reflect' ? shape[axis] - 1 : mode === 'constant' ? Infinity : shape[axis] * 2 ** 20;
    if (most > Math.max(room, 0)) {
      const problem = `${mode} padding of ${most} positions over ${shape[axis]}`;
      throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
    }
  });
  return { mode, before, after };
}

/** The position that a padded one copies; −1 for none. */
function sourceOf(mode: Padding['mode'], position: number, size: number): number {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case 'constant':
      return -1;
    case 'edge':
      return position < 0 ? 0 : size - 1;
    case 'reflect':
      return position < 0 ? -position : 2 * (size - 1) - position;
    case 'wrap':
      return ((position % size) + size) % size;
  }
}

function fillOf(context: NodeContext): number {
  if (!context.inputs[2]) return 0;
  const value = context.constant(2);
  if (value !== undefined) return Number(value.data[0]);
  throw refuseNode(context.node, 'ONNX_DYNAMIC_SHAPE', 'its value is computed by the model');
}

export const pad: Operator = {
  inputs: [2, 4],
  attributes: { mode: 'string' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const { before, after } = paddingOf(context);
    return { type, shape: shape.map((size, axis) => size + before[axis] + after[axis]) };
  },
  moves(context) {
    const { shape } = inputOf(context, 0);
    const strides = stridesOf(shape);
    const { mode, before, after } = paddingOf(context);
    const tables = shape.map((size, axis) =>
      axisTable(size + before[axis] + after[axis], (at) => {
        const source = sourceOf(mode, at - before[axis], size);
        return source < 0 ? -1 : source * strides[axis];
      }),
    );
    return [{ indices: indicesOf(tables), fill: fillOf(context) }];
  },
};
