import { formatShape, type OnnxNode, type TensorType } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import {
  commonType,
  inputOf,
  intAttribute,
  intsAttribute,
  onlyAttribute,
  type AttributeKind,
  type Operator,
} from './operator.ts';

/** How an operator's windows lie over an input [N, C, size …], each list one entry a spatial dimension. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends, as ONNX has them; `auto_pad` is already worked out. */
  readonly pads: readonly number[];
  /** Sizes of the output. */
  readonly output: readonly number[];
}

const WINDOW_ATTRIBUTES: Readonly<Record<string, AttributeKind>> = {
  auto_pad: 'string',
  dilations: 'ints',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
};

/** Pads so that the output has ⌈size / stride⌉ values; an odd one goes to the end for SAME_UPPER. */
function samePads(
  sizes: readonly number[],
  extents: readonly number[],
  strides: readonly number[],
  upper: boolean,
) {
  const totals = sizes.map((size, i) =>
    Math.max((Math.ceil(size / strides[i]) - 1) * strides[i] + extents[i] - size, 0),
  );
  const smaller = totals.map((total) => Math.floor(total / 2));
  const larger = totals.map((total, i) => total - smaller[i]);
  return upper ? [...smaller, ...larger] : [...larger, ...smaller];
}

/**
 * Windows of a Conv, MaxPool or AveragePool node over an input of this shape, by the formulas of the ONNX
 * operator documents. Throws ONNX_SHAPE_MISMATCH or ONNX_UNSUPPORTED_ATTRIBUTE.
 */
function windowsOf(node: OnnxNode, inputShape: readonly number[], kernel: readonly number[]): Windows {
  const sizes = inputShape.slice(2);
  const rank = sizes.length;
  const list = (name: string, value: number): readonly number[] =>
    intsAttribute(node, name, new Array<number>(rank).fill(value));
  const strides = list('strides', 1);
  const dilations = list('dilations', 1);
  const autoPad = node.attributes.auto_pad ?? 'NOTSET';
  const given = intsAttribute(node, 'pads', new Array<number>(2 * rank).fill(0));

  const ceil = intAttribute(node, 'ceil_mode', 0) !== 0;

  const wrong = (problem: string) => refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
  if (rank === 0)
    throw wrong(`input of shape ${formatShape(inputShape)}, expected [batch, channels, size …]`);
  for (const [name, values, length, least] of [
    ['kernel_shape', kernel, rank, 1],
    ['strides', strides, rank, 1],
    ['dilations', dilations, rank, 1],
    ['pads', given, 2 * rank, 0],
  ] as const) {
    if (values.length !== length || values.some((value) => value < least)) {
      throw wrong(`${name} = [${values.join(', ')}] for an input of shape ${formatShape(inputShape)}`);
    }
  }

  const extents = kernel.map((size, i) => dilations[i] * (size - 1) + 1);
  const pads = ((): readonly number[] => {
    switch (autoPad) {
      case 'NOTSET':
        return given;
      case 'VALID':
        return new Array<number>(2 * rank).fill(0);
      case 'SAME_UPPER':
      case 'SAME_LOWER':
        return samePads(sizes, extents, strides, autoPad === 'SAME_UPPER');
      default:
        throw refuseNode(
          node,
          'ONNX_UNSUPPORTED_ATTRIBUTE',
          `attribute auto_pad = ${JSON.stringify(autoPad)}`,
        );
    }
  })();
  const output = sizes.map((size, i) => {
    const room = size + pads[i] + pads[rank + i] - extents[i];
    if (room < 0)
      throw wrong(
        `a window of ${extents[i]} over ${size} values with padding ${pads[i]} and ${pads[rank + i]}`,
      );
    const floor = Math.floor(room / strides[i]) + 1;
    // A window that is not whole counts, unless it would start in the padding at the end.
    const fits = floor * strides[i] < sizes[i] + pads[i];
    return ceil && room % strides[i] > 0 && fits ? floor + 1 : floor;
  });
  return { kernel, strides, dilations, pads, output };
}

/**
 * How a ConvTranspose node spreads its input: the windows are those of the convolution that it undoes, `output`
 * is the larger image. Throws ONNX_SHAPE_MISMATCH or ONNX_UNSUPPORTED_ATTRIBUTE.
 */
export function transposedOf(
  node: OnnxNode,
  input: readonly number[],
  weights: readonly number[],
): Windows & { readonly groups: number } {
  const groups = intAttribute(node, 'group', 1);
  const [channels, , ...kernel] = weights;
  const sizes = input.slice(2);
  const rank = sizes.length;
  const list = (name: string, length: number, value: number): readonly number[] =>
    intsAttribute(node, name, new Array<number>(length).fill(value));
  const strides = list('strides', rank, 1);
  const dilations = list('dilations', rank, 1);
  const extra = list('output_padding', rank, 0);
  const given = list('pads', 2 * rank, 0);
  const lists = [strides, dilations, extra, list('kernel_shape', rank, 1)];
  if (
    rank === 0 ||
    weights.length !== input.length ||
    channels !== input[1] ||
    groups < 1 ||
    channels % groups !== 0 ||
    String(intsAttribute(node, 'kernel_shape', kernel)) !== String(kernel) ||
    lists.some(({ length }) => length !== rank) ||
    given.length !== 2 * rank ||
    [...strides, ...dilations].some((value) => value < 1)
  ) {
    const problem = `weights ${formatShape(weights)} do not go with an input ${formatShape(input)}`;
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  const extents = kernel.map((size, i) => dilations[i] * (size - 1) + 1);
  const full = sizes.map((size, i) => (size - 1) * strides[i] + extents[i] + extra[i]);
  const wanted = intsAttribute(node, 'output_shape', undefined)?.slice(-rank);
  const autoPad = (node.attributes.auto_pad as string | undefined) ?? 'NOTSET';
  const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
  const target = wanted ?? (same ? sizes.map((size, i) => size * strides[i]) : undefined);
  if (target === undefined) {
    const pads = autoPad === 'VALID' ? given.map(() => 0) : given;
    const output = full.map((size, i) => size - pads[i] - pads[rank + i]);
    return { kernel, strides, dilations, pads, output, groups };
  }
  const totals = full.map((size, i) => size - target[i]);
  const larger = totals.map((total) => total - Math.floor(total / 2));
  const smaller = totals.map((total) => Math.floor(total / 2));
  const pads = autoPad === 'SAME_UPPER' ? [...smaller, ...larger] : [...larger, ...smaller];
  return { kernel, strides, dilations, pads, output: target, groups };
}

/** Windows of a Conv node by the shapes of its input and weights. */
export function convolutionOf(
  node: OnnxNode,
  input: readonly number[],
  weights: readonly number[],
): Windows & { readonly groups: number } {
  const groups = intAttribute(node, 'group', 1);
  const [filters, channelsPerGroup, ...kernel] = weights;
  const declared = intsAttribute(node, 'kernel_shape', kernel);
  if (
    weights.length !== input.length ||
    String(declared) !== String(kernel) ||
    groups < 1 ||
    channelsPerGroup * groups !== input[1] ||
    filters % groups !== 0
  ) {
    throw refuseNode(
      node,
      'ONNX_SHAPE_MISMATCH',
      `weights ${formatShape(weights)} with ${groups} group(s) and kernel_shape ${formatShape(declared)} ` +
        `do not go with an input ${formatShape(input)}`,
    );
  }
  return { ...windowsOf(node, input, kernel), groups };
}

/** Windows of a MaxPool or AveragePool node by the shape of its input. */
export function poolOf(node: OnnxNode, input: readonly number[]): Windows {
  const kernel = intsAttribute(node, 'kernel_shape', undefined);
  if (kernel === undefined) throw refuseNode(node, 'ONNX_INVALID', 'attribute kernel_shape is missing');
  const windows = windowsOf(node, input, kernel);
  // Otherwise a window could lie in the padding alone, where there is no maximum and no mean.
  if (windows.pads.some((pad, i) => pad >= kernel[i % kernel.length])) {
    const problem = `pads = [${windows.pads.join(', ')}] are not smaller than kernel_shape = [${kernel.join(', ')}]`;
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', problem);
  }
  return windows;
}

/** True when an AveragePool divides by the whole window even where it reaches into the padding. */
export function countsPadding(node: OnnxNode): boolean {
  return intAttribute(node, 'count_include_pad', 0) !== 0;
}

export const conv: Operator = {
  inputs: [2, 3],
  attributes: { ...WINDOW_ATTRIBUTES, group: 'int' },
  infer(context) {
    const [input, weights, bias] = [inputOf(context, 0), inputOf(context, 1), context.inputs[2]];
    const { output } = convolutionOf(context.node, input.shape, weights.shape);
    if (bias !== undefined && String(bias.shape) !== String([weights.shape[0]])) {
      throw refuseNode(
        context.node,
        'ONNX_SHAPE_MISMATCH',
        `bias of shape ${formatShape(bias.shape)}, expected ${weights.shape[0]} values`,
      );
    }
    return { type: commonType(context), shape: [input.shape[0], weights.shape[0], ...output] };
  },
};

const convTranspose: Operator = {
  inputs: [2, 3],
  attributes: { ...WINDOW_ATTRIBUTES, group: 'int', output_padding: 'ints', output_shape: 'ints' },
  infer(context) {
    const [input, weights] = [inputOf(context, 0), inputOf(context, 1)];
    const { output, groups } = transposedOf(context.node, input.shape, weights.shape);
    return { type: commonType(context), shape: [input.shape[0], weights.shape[1] * groups, ...output] };
  },
};

function pool(attributes: Readonly<Record<string, AttributeKind>>): Operator {
  return {
    inputs: [1, 1],
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', ...attributes },
    infer(context): TensorType {
      onlyAttribute(context.node, 'storage_order', 0);
      const { type, shape } = inputOf(context, 0);
      return { type, shape: [...shape.slice(0, 2), ...poolOf(context.node, shape).output] };
    },
  };
}

const globalAveragePool: Operator = {
  inputs: [1, 1],
  attributes: {},
  infer(context) {
    const { type, shape } = inputOf(context, 0);
    if (shape.length < 3) {
      throw refuseNode(
        context.node,
        'ONNX_SHAPE_MISMATCH',
        `input of shape ${formatShape(shape)}, expected [batch, channels, size …]`,
      );
    }
    return { type, shape: shape.map((size, i) => (i < 2 ? size : 1)) };
  },
};

/** Operators that slide a window. */
export const windowOperators: Readonly<Record<string, Operator>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool({ storage_order: 'int' }),
  AveragePool: pool({ count_include_pad: 'int' }),
  GlobalAveragePool: globalAveragePool,
};
