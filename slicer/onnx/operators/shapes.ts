import { elementCount, formatShape, type TensorType } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import {
  constantIntegers,
  frontAxis,
  inputOf,
  intAttribute,
  onlyAttribute,
  type NodeContext,
  type Operator,
} from './operator.ts';

const flatten: Operator = {
  inputs: [1, 1],
  attributes: { axis: 'int' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const given = intAttribute(context.node, 'axis', 1);
    // Unlike elsewhere the axis may be the rank itself: everything in front, [n, 1].
    const axis = given === shape.length ? given : frontAxis(context.node, given, shape.length);
    return { type, shape: [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))] };
  },
};

const reshape: Operator = {
  inputs: [2, 2],
  attributes: { allowzero: 'int' },
  infer(context) {
    const { node } = context;
    const { type, shape } = inputOf(context, 0);
    onlyAttribute(node, 'allowzero', 0);
    const wanted = constantIntegers(context, 1, 'shape').map((size, i) =>
      size === 0 ? (shape[i] ?? 0) : size,
    );
    const total = elementCount(shape);
    const known = elementCount(wanted.filter((size) => size !== -1));
    const result = wanted.map((size) => (size === -1 ? total / known : size));
    if (
      wanted.filter((size) => size === -1).length > 1 ||
      result.some((size) => !(size >= 0)) ||
      elementCount(result) !== total
    ) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `can't turn ${formatShape(shape)} into [${wanted.join(', ')}]`,
      );
    }
    return { type, shape: result };
  },
};

const squeeze: Operator = {
  inputs: [1, 2],
  attributes: {},
  infer(context): TensorType {
    const { type, shape } = inputOf(context, 0);
    const dropped =
      context.inputs[1] === undefined
        ? shape.flatMap((size, i) => (size === 1 ? [i] : []))
        : constantIntegers(context, 1, 'axes').map((axis) => frontAxis(context.node, axis, shape.length));
    if (dropped.some((axis) => shape[axis] !== 1)) {
      throw refuseNode(
        context.node,
        'ONNX_SHAPE_MISMATCH',
        `axes [${dropped.join(', ')}] of ${formatShape(shape)} are not all 1`,
      );
    }
    return { type, shape: shape.filter((_, i) => !dropped.includes(i)) };
  },
};

const unsqueeze: Operator = {
  inputs: [2, 2],
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const axes = constantIntegers(context, 1, 'axes');
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => frontAxis(context.node, axis, rank)));
    if (added.size !== axes.length)
      throw refuseNode(context.node, 'ONNX_SHAPE_MISMATCH', `axes [${axes.join(', ')}] name one twice`);
    const rest = shape.values();
    return {
      type,
      shape: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (rest.next().value ?? 1))),
    };
  },
};

const concat: Operator = {
  inputs: [1, 10_000],
  attributes: { axis: 'int' },
  infer(context) {
    const { node } = context;
    const parts = context.inputs.map((_, i) => inputOf(context, i));
    const { type, shape } = parts[0];
    if (node.attributes.axis === undefined)
      throw refuseNode(node, 'ONNX_INVALID', 'attribute axis is missing');
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
  },
};

/** What a Slice node takes of one axis: from `start` to before `end`, every `step`-th. */
interface SliceRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function sliceRanges(context: NodeContext, shape: readonly number[]): readonly SliceRange[] {
  const { node } = context;
  const starts = constantIntegers(context, 1, 'starts');
  const ends = constantIntegers(context, 2, 'ends');
  const axes =
    context.inputs[3] === undefined ? starts.map((_, i) => i) : constantIntegers(context, 3, 'axes');
  const steps = context.inputs[4] === undefined ? starts.map(() => 1) : constantIntegers(context, 4, 'steps');
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', 'starts, ends, axes and steps differ in length');
  }
  const ranges: SliceRange[] = shape.map((size) => ({ start: 0, end: size, step: 1 }));
  axes.forEach((given, i) => {
    const axis = frontAxis(node, given, shape.length);
    const size = shape[axis];
    if (steps[i] < 1)
      throw refuseNode(node, 'ONNX_UNSUPPORTED_ATTRIBUTE', `step ${steps[i]}, only 1 and more is supported`);
    const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
    ranges[axis] = { start: clamp(starts[i]), end: clamp(ends[i]), step: steps[i] };
  });
  return ranges;
}

const slice: Operator = {
  inputs: [3, 5],
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const ranges = sliceRanges(context, shape);
    return {
      type,
      shape: ranges.map(({ start, end, step }) => Math.max(Math.ceil((end - start) / step), 0)),
    };
  },
};

const gather: Operator = {
  inputs: [2, 2],
  attributes: { axis: 'int' },
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    const axis = frontAxis(context.node, intAttribute(context.node, 'axis', 0), shape.length);
    return { type, shape: [...shape.slice(0, axis), ...inputOf(context, 1).shape, ...shape.slice(axis + 1)] };
  },
};

/** Operators that move values without computing any. */
export const shapeOperators: Readonly<Record<string, Operator>> = {
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Slice: slice,
  Gather: gather,
};
