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
export function windowsOf(node: OnnxNode, inputShape: readonly number[], kernel: readonly number[]): Windows {
  const sizes = inputShape.slice(2);
  const rank = sizes.length;
  const list = (name: string, value: number): readonly number[] =>
    intsAttribute(node, name, new Array<number>(rank).fill(value));
  const strides = list('strides', 1);
  const dilations = list('dilations', 1);
  const autoPad = node.attributes.auto_pad ?? 'NOTSET';
  const given = intsAttribute(node, 'pads', new Array<number>(2 * rank).fill(0));

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
    return Math.floor(room / strides[i]) + 1;
  });
  return { kernel, strides, dilations, pads, output };
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

const conv: Operator = {
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

function pool(attributes: Readonly<Record<string, AttributeKind>>): Operator {
  return {
    inputs: [1, 1],
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', ...attributes },
    infer(context): TensorType {
      onlyAttribute(context.node, 'ceil_mode', 0);
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
  MaxPool: pool({ storage_order: 'int' }),
  AveragePool: pool({ count_include_pad: 'int' }),
  GlobalAveragePool: globalAveragePool,
};
