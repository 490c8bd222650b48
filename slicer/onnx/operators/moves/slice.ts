import { refuseNode } from '../../refuse.ts';
import { constantIntegers, frontAxis, inputOf, type NodeContext, type Operator } from '../operator.ts';
import { axisTable, indicesOf, stridesOf } from './tables.ts';

/** What a Slice node takes of one axis: `count` positions from `start` on, `step` apart. */
interface SliceRange {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

function sliceRanges(context: NodeContext): readonly SliceRange[] {
  const { node } = context;
  const { shape } = inputOf(context, 0);
  const starts = constantIntegers(context, 1, 'starts');
  const ends = constantIntegers(context, 2, 'ends');
  const axes =
    context.inputs[3] === undefined ? starts.map((_, i) => i) : constantIntegers(context, 3, 'axes');
  const steps = context.inputs[4] === undefined ? starts.map(() => 1) : constantIntegers(context, 4, 'steps');
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', 'starts, ends, axes and steps differ in length');
  }
  const ranges: SliceRange[] = shape.map((size) => ({ start: 0, count: size, step: 1 }));
  axes.forEach((given, i) => {
    const axis = frontAxis(node, given, shape.length);
    const size = shape[axis];
    const step = steps[i];
    if (step === 0) throw refuseNode(node, 'ONNX_INVALID', 'a step of 0');
    const fromFront = (at: number): number => (at < 0 ? at + size : at);
    const clamp = (at: number, low: number, high: number): number => Math.min(Math.max(at, low), high);
    // Going backwards, −1 stands for "before the first".
    const start = step > 0 ? clamp(fromFront(starts[i]), 0, size) : clamp(fromFront(starts[i]), 0, size - 1);
    const end = step > 0 ? clamp(fromFront(ends[i]), 0, size) : clamp(fromFront(ends[i]), -1, size - 1);
    ranges[axis] = { start, count: Math.max(Math.ceil((end - start) / step), 0), step };
  });
  return ranges;
}

export const slice: Operator = {
  inputs: [3, 5],
  attributes: {},
  infer(context) {
    return { type: inputOf(context, 0).type, shape: sliceRanges(context).map(({ count }) => count) };
  },
  moves(context) {
    const strides = stridesOf(inputOf(context, 0).shape);
    const tables = sliceRanges(context).map(({ start, count, step }, axis) =>
      axisTable(count, (at) => (start + at * step) * strides[axis]),
    );
    return [{ indices: indicesOf(tables), fill: 0 }];
  },
};
