import {
  formatShape,
  type AttributeValue,
  type ElementType,
  type OnnxNode,
  type OnnxTensor,
  type TensorType,
} from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import type { Indices } from './moves/tables.ts';

/** How an attribute is stored in the file. */
export type AttributeKind = 'int' | 'float' | 'ints' | 'floats' | 'string' | 'tensor';

/** A node with what is known of its inputs, for working out what it writes. */
export interface NodeContext {
  readonly node: OnnxNode;
  /** Type and shape of each input; `undefined` for one that is left out. */
  readonly inputs: readonly (TensorType | undefined)[];
  /** The values of an input that is a constant. */
  readonly constant: (index: number) => OnnxTensor | undefined;
}

/** Where the values of an output come from, of an operator that only moves those of its first input. */
export interface Move {
  readonly indices: Indices;
  /** What stands where an index is −1. */
  readonly fill: number;
}

/** What the reader knows of an operator. */
export interface Operator {
  /** Least and largest number of inputs. */
  readonly inputs: readonly [number, number];
  /** Most outputs; 1 when absent. */
  readonly outputs?: number;
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** Type and shape of each output. Throws ONNX_SHAPE_MISMATCH or ONNX_UNSUPPORTED_ATTRIBUTE. */
  readonly infer: (context: NodeContext) => TensorType | readonly TensorType[];
  /**
   * What the node writes when that is known without running the model; undefined when it is not.
   * An operator with `moves` or `same` needs none.
   */
  readonly fold?: (context: NodeContext) => OnnxTensor | undefined;
  /** Of an operator that gives its first input's values in another order: how, by output. */
  readonly moves?: (context: NodeContext) => readonly Move[];
  /** Its first output is its first input's values in the same order. */
  readonly same?: boolean;
}

/** An integer attribute, or what the operator takes when it is absent. */
export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return (node.attributes[name] as number | undefined) ?? otherwise;
}

/** An attribute of several integers, or what the operator takes when it is absent. */
export function intsAttribute<T>(node: OnnxNode, name: string, otherwise: T): readonly number[] | T {
  return (node.attributes[name] as readonly number[] | undefined) ?? otherwise;
}

/** Throws ONNX_UNSUPPORTED_ATTRIBUTE unless the attribute is absent or has the one value that is understood. */
export function onlyAttribute(node: OnnxNode, name: string, supported: AttributeValue): void {
  const value = node.attributes[name];
  if (value !== undefined && value !== supported) {
    throw refuseNode(
      node,
      'ONNX_UNSUPPORTED_ATTRIBUTE',
      `attribute ${name} = ${JSON.stringify(value)}, only ${JSON.stringify(supported)} is supported`,
    );
  }
}

/** The type of an input that must be there. */
export function inputOf({ node, inputs }: NodeContext, index: number): TensorType {
  const input = inputs[index];
  if (input === undefined) throw refuseNode(node, 'ONNX_INVALID', `input ${index} is missing`);
  return input;
}

/** The element type that all inputs have. Throws ONNX_TYPE_MISMATCH. */
export function commonType({ node, inputs }: NodeContext): ElementType {
  const types = new Set(inputs.flatMap((input) => (input === undefined ? [] : [input.type])));
  const [type, other] = types;
  if (type === undefined || other !== undefined) {
    throw refuseNode(
      node,
      'ONNX_TYPE_MISMATCH',
      `expected inputs of one element type, got ${[...types].join(' and ')}`,
    );
  }
  return type;
}

/** All inputs as constants, or undefined when one is not. */
export function constantsOf(context: NodeContext): readonly OnnxTensor[] | undefined {
  const constants = context.node.inputs.map((_, i) => context.constant(i));
  return constants.every((constant) => constant !== undefined) ? constants : undefined;
}

/** The integers of an input that must be a constant: a shape, axes, starts. */
export function constantIntegers(context: NodeContext, index: number, what: string): readonly number[] {
  const tensor = context.constant(index);
  if (tensor === undefined) {
    throw refuseNode(
      context.node,
      'ONNX_DYNAMIC_SHAPE',
      `its ${what} (input ${index}) is computed by the model, expected a constant`,
      'Export with fixed shapes, or fold constants (onnx-simplifier).',
    );
  }
  if (tensor.type !== 'int64' && tensor.type !== 'int32') {
    throw refuseNode(
      context.node,
      'ONNX_INVALID',
      `its ${what} holds ${tensor.type} values, expected integers`,
    );
  }
  return Array.from(tensor.data, Number);
}

/** An axis counted from the front: −1 is the last of `rank`. Throws ONNX_SHAPE_MISMATCH outside. */
export function frontAxis(node: OnnxNode, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted > Math.max(rank - 1, 0)) {
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', `axis ${axis} of a tensor with ${rank} dimensions`);
  }
  return counted;
}

/**
 * Axes that a node names, counted from the front: as an attribute in older operator sets, as an input in newer
 * ones. Undefined when it names none.
 */
export function axesOf(context: NodeContext, input: number, rank: number): readonly number[] | undefined {
  const { node } = context;
  const given = context.inputs[input]
    ? constantIntegers(context, input, 'axes')
    : intsAttribute(node, 'axes', undefined);
  const axes = given?.map((axis) => frontAxis(node, axis, rank));
  if (axes && new Set(axes).size !== axes.length) {
    throw refuseNode(node, 'ONNX_SHAPE_MISMATCH', `axes [${axes.join(', ')}] name one twice`);
  }
  return axes;
}

/** The shape that NumPy's rules give two shapes together. Throws ONNX_SHAPE_MISMATCH. */
export function broadcastShapes(
  node: OnnxNode,
  left: readonly number[],
  right: readonly number[],
): readonly number[] {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, i) => {
    const l = left[left.length - rank + i] ?? 1;
    const r = right[right.length - rank + i] ?? 1;
    if (l !== r && l !== 1 && r !== 1) {
      throw refuseNode(
        node,
        'ONNX_SHAPE_MISMATCH',
        `inputs of shapes ${formatShape(left)} and ${formatShape(right)} do not go together`,
      );
    }
    return l === 1 ? r : l;
  });
}
