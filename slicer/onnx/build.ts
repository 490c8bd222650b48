import { SlicerError } from '../errors.ts';
import {
  formatShape,
  type AttributeValue,
  type OnnxGraph,
  type OnnxNode,
  type OnnxSource,
  type OnnxTensor,
  type OnnxValue,
  type TensorType,
} from './graph.ts';
import { ONNX_LIMITS, OPSETS } from './limits.ts';
import { findOperator, operatorOf } from './operators/index.ts';
import type { AttributeKind, NodeContext, Operator } from './operators/operator.ts';
import { nameNode, refuseNode } from './refuse.ts';
import { tensorOf } from './tensor-data.ts';
import { checkShape } from './tensor-proto.ts';

/** What a graph is made of before it is checked. Nodes are in topological order. */
export interface GraphParts {
  readonly name: string;
  /** Operator set version, 13 or newer; 13 when absent. */
  readonly opset?: number;
  readonly inputs: readonly OnnxValue[];
  /** Names of the tensors that the graph gives, with the shape that the file declares where it does. */
  readonly outputs: readonly { readonly name: string; readonly declared?: readonly (number | undefined)[] }[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** What operators write that the reader has no rules for, by tensor. */
  readonly types?: ReadonlyMap<string, TensorType>;
  readonly source?: OnnxSource;
}

function holds(kind: AttributeKind, value: AttributeValue): boolean {
  switch (kind) {
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'ints':
      return Array.isArray(value) && value.every(Number.isSafeInteger);
    case 'floats':
      return Array.isArray(value) && value.every((item) => typeof item === 'number');
    case 'tensor':
      return typeof value === 'object' && 'data' in value;
  }
}

/** Throws unless a node has as many inputs as its operator takes and only attributes that it knows. */
function checkNode(node: OnnxNode, operator: Operator): void {
  const [least, most] = operator.inputs;
  if (node.inputs.length < least || node.inputs.length > most) {
    throw refuseNode(node, 'ONNX_INVALID', `expected ${least} to ${most} inputs, got ${node.inputs.length}`);
  }
  for (const [name, value] of Object.entries(node.attributes)) {
    const kind = Object.hasOwn(operator.attributes, name) ? operator.attributes[name] : undefined;
    if (kind === undefined) {
      throw refuseNode(node, 'ONNX_UNSUPPORTED_ATTRIBUTE', `attribute ${name} is not supported`);
    }
    if (!holds(kind, value)) {
      throw refuseNode(
        node,
        'ONNX_INVALID',
        `attribute ${name}: expected ${kind}, got ${JSON.stringify(value)}`,
      );
    }
  }
}

/** The tensors known so far, each under a name of its own. */
class TensorTable {
  readonly types = new Map<string, TensorType>();
  readonly constants = new Map<string, OnnxTensor>();

  add(name: string, { type, shape }: TensorType, where: string): void {
    if (name === '' || name.length > ONNX_LIMITS.nameLength) {
      throw new SlicerError(
        'ONNX_INVALID',
        `${where}: expected a name of 1 to ${ONNX_LIMITS.nameLength} characters`,
      );
    }
    if (this.types.has(name))
      throw new SlicerError('ONNX_INVALID', `${where}: tensor "${name}" is written twice`);
    if (this.types.size >= ONNX_LIMITS.tensors) {
      throw new SlicerError('ONNX_TOO_LARGE', `the graph has more than ${ONNX_LIMITS.tensors} tensors`);
    }
    this.types.set(name, { type, shape: checkShape(shape, `${where}: tensor "${name}"`) });
  }

  addConstant(name: string, tensor: OnnxTensor, where: string): void {
    this.add(name, tensor, where);
    this.constants.set(name, tensor);
  }
}

/**
 * What a node writes when that is known without running the model: constants by another order or shape, and
 * whatever its operator can work out. Undefined when it is not.
 */
function foldNode(operator: Operator, context: NodeContext): readonly OnnxTensor[] | undefined {
  const folded = operator.fold?.(context);
  if (folded) return [folded];
  const source = context.constant(0);
  if (!source || !(operator.same || operator.moves)) return undefined;
  const types = typesOf(operator, context);
  if (operator.same) return [{ ...types[0], data: source.data }];
  // Which of a constant's values a Gather takes may be for the model to say.
  if (context.inputs.some((input, i) => input !== undefined && !context.constant(i))) return undefined;
  return operator.moves?.(context).map(({ indices, fill }, i) => {
    const values = Array.from(indices, (index): number | bigint => (index < 0 ? fill : source.data[index]));
    return tensorOf(types[i].type, types[i].shape, values);
  });
}

function typesOf(operator: Operator, context: NodeContext): readonly TensorType[] {
  const types = operator.infer(context);
  return Array.isArray(types) ? (types as readonly TensorType[]) : [types as TensorType];
}

/**
 * Takes one node into the table. Gives it back as it is to stand in the graph; nothing when all that it writes
 * is a constant.
 */
function takeNode(node: OnnxNode, table: TensorTable, given: GraphParts['types']): readonly OnnxNode[] {
  const where = nameNode(node);
  const inputs = node.inputs.map((name) => {
    if (name === '') return undefined;
    const known = table.types.get(name);
    if (known === undefined) {
      throw refuseNode(
        node,
        'ONNX_INVALID',
        `input "${name}" is neither an input of the graph nor written before`,
      );
    }
    return known;
  });
  const outputs = node.outputs.flatMap((name, i) => (name === '' ? [] : [{ name, i }]));
  const foreign = (): readonly OnnxNode[] => {
    for (const { name } of outputs) table.add(name, given?.get(name) ?? noType(node, name), where);
    return [{ ...node, foreign: true }];
  };
  const operator = understood(node) ? operatorOf(node) : undefined;
  if (operator === undefined) return foreign();
  const constant = (index: number): OnnxTensor | undefined => table.constants.get(node.inputs[index]);
  const context = { node, inputs, constant };
  try {
    checkNode(node, operator);
    const folded = foldNode(operator, context);
    if (folded) {
      for (const { name, i } of outputs) table.addConstant(name, folded[i], where);
      return [];
    }
    const types = typesOf(operator, context);
    for (const { name, i } of outputs) table.add(name, types[i], where);
    return [node];
  } catch (error) {
    // What the reader's rules do not cover may still be run, once it is known what comes of it.
    const beyond = error instanceof SlicerError && BEYOND_RULES.has(error.code);
    if (beyond && outputs.every(({ name }) => given?.has(name))) return foreign();
    throw error;
  }
}

const BEYOND_RULES: ReadonlySet<string> = new Set(['ONNX_UNSUPPORTED_ATTRIBUTE', 'ONNX_DYNAMIC_SHAPE']);

/** Whether the reader has rules for all that a node does. */
function understood(node: OnnxNode): boolean {
  const operator = node.foreign ? undefined : findOperator(node);
  return operator !== undefined && node.outputs.length <= (operator.outputs ?? 1);
}

function noType(node: OnnxNode, output: string): never {
  operatorOf(node);
  throw refuseNode(node, 'ONNX_UNKNOWN_OPERATOR', `nothing says what its output "${output}" is`);
}

/**
 * Checks a graph and works out all its shapes. Throws SlicerError: ONNX_UNKNOWN_OPERATOR and
 * ONNX_UNSUPPORTED_ATTRIBUTE naming node and operator, ONNX_SHAPE_MISMATCH, ONNX_TYPE_MISMATCH,
 * ONNX_DYNAMIC_SHAPE, ONNX_UNSUPPORTED_OPSET, ONNX_INVALID, ONNX_TOO_LARGE.
 */
export function buildGraph(parts: GraphParts): OnnxGraph {
  const opset = parts.opset ?? OPSETS.oldestGraph;
  if (opset < OPSETS.oldestGraph || opset > OPSETS.newest) {
    throw new SlicerError(
      'ONNX_UNSUPPORTED_OPSET',
      `expected operator set ${OPSETS.oldestGraph} to ${OPSETS.newest}, got ${opset}`,
      { hint: 'Export the model again with another opset_version; 13 to 17 suit every tool.' },
    );
  }
  if (parts.nodes.length > ONNX_LIMITS.nodes) {
    throw new SlicerError(
      'ONNX_TOO_LARGE',
      `the graph has ${parts.nodes.length} nodes, at most ${ONNX_LIMITS.nodes} are read`,
    );
  }
  if (parts.outputs.length === 0) throw new SlicerError('ONNX_INVALID', 'the graph has no outputs');

  const table = new TensorTable();
  for (const input of parts.inputs) table.add(input.name, input, 'graph input');
  for (const [name, tensor] of parts.constants) table.addConstant(name, tensor, 'initializer');
  const nodes = parts.nodes.flatMap((node) => takeNode(node, table, parts.types));

  const outputs = parts.outputs.map(({ name, declared }) => {
    const known = table.types.get(name);
    if (known === undefined)
      throw new SlicerError('ONNX_INVALID', `graph output "${name}" is written by no node`);
    const fits = (size: number | undefined, i: number): boolean =>
      size === undefined || size === known.shape[i];
    if (declared !== undefined && (declared.length !== known.shape.length || !declared.every(fits))) {
      const written = formatShape(declared.map((size, i) => size ?? known.shape[i]));
      throw new SlicerError(
        'ONNX_SHAPE_MISMATCH',
        `graph output "${name}" is declared as ${written}, the nodes give ${formatShape(known.shape)}`,
      );
    }
    return { name, ...known };
  });
  return {
    name: parts.name,
    opset,
    inputs: parts.inputs,
    outputs,
    nodes,
    constants: table.constants,
    tensors: table.types,
    ...(parts.source ? { source: parts.source } : {}),
  };
}
