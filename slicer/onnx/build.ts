import { SlicerError } from '../errors.ts';
import {
  elementCount,
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
import { findOperator, operatorOf, unknownOperator } from './operators/index.ts';
import type { AttributeKind, NodeContext, Operator } from './operators/operator.ts';
import { nameNode, refuseNode } from './refuse.ts';
import type { Unknowns } from './unknowns.ts';
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
  /** What operators write that work on constants alone, by tensor; nothing where only others of them read it. */
  readonly folded?: ReadonlyMap<string, OnnxTensor | undefined>;
  /** Takes up what only ONNX Runtime can say, where the graph is refused for that. */
  readonly unknowns?: Unknowns;
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
  /** Tensors of which too little is known yet, and whether they are constants. */
  readonly pending = new Map<string, 'constant' | 'unknown'>();

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
  if (operator.same)
    return context.node.outputs.length > 1 ? undefined : [{ ...types[0], data: source.data }];
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

/** They give other values each time. */
const RANDOM: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Takes nodes into a table of tensors, one after the other. */
class NodeTaker {
  readonly #table: TensorTable;
  readonly #parts: GraphParts;
  /** Why the graph can't be read without what is unknown. */
  refusal: SlicerError | undefined;

  constructor(table: TensorTable, parts: GraphParts) {
    this.#table = table;
    this.#parts = parts;
  }

  /** The node as it is to stand in the graph; nothing when all that it writes is a constant, or not known yet. */
  take(node: OnnxNode): readonly OnnxNode[] {
    const table = this.#table;
    const { types, folded } = this.#parts;
    if (RANDOM.has(node.operator)) {
      throw refuseNode(
        node,
        'ONNX_RANDOM',
        'it draws random numbers, so that no run gives what another gives',
      );
    }
    const outputs = node.outputs.flatMap((name, i) => (name === '' ? [] : [{ name, i }]));
    const where = nameNode(node);
    if (folded && outputs.every(({ name }) => folded.has(name))) {
      for (const { name } of outputs) {
        const tensor = folded.get(name);
        if (tensor) table.addConstant(name, tensor, where);
      }
      return [];
    }
    if (node.inputs.some((name) => table.pending.has(name))) return this.#later(node);
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#known(node, name)));
    const constant = (index: number): OnnxTensor | undefined => table.constants.get(node.inputs[index]);
    const isConstant = inputs.every((input, i) => input === undefined || constant(i));
    const isKnown = outputs.every(({ name }) => types?.has(name));
    const foreign = (): readonly OnnxNode[] => {
      const hasValues = outputs.map(({ name }) => this.#add(name, types!.get(name)!, where));
      return hasValues.includes(true) ? [{ ...node, foreign: true }] : [];
    };
    const operator = understood(node) ? operatorOf(node) : undefined;
    if (operator === undefined) {
      if (isKnown && !(isConstant && this.#parts.unknowns)) return foreign();
      return this.#unknown(node, isConstant, noType(node));
    }
    const context = { node, inputs, constant };
    try {
      checkNode(node, operator);
      const results = foldNode(operator, context);
      if (results) {
        for (const { name, i } of outputs) table.addConstant(name, results[i], where);
        return [];
      }
      const written = typesOf(operator, context);
      if (isConstant && this.#parts.unknowns) return this.#unknown(node, true, noType(node));
      const hasValues = outputs.map(({ name, i }) => this.#add(name, written[i], where));
      return hasValues.includes(true) ? [node] : [];
    } catch (error) {
      // What the reader's rules do not cover may still be run, once it is known what comes of it.
      if (!(error instanceof SlicerError && BEYOND_RULES.has(error.code))) throw error;
      if (isKnown && !isConstant) return foreign();
      return this.#unknown(node, isConstant, error);
    }
  }

  #known(node: OnnxNode, name: string): TensorType {
    const known = this.#table.types.get(name);
    if (known) return known;
    throw refuseNode(
      node,
      'ONNX_INVALID',
      `input "${name}" is neither an input of the graph nor written before`,
    );
  }

  /** Whether a tensor has values: one that has none is known before the model runs. */
  #add(name: string, type: TensorType, where: string): boolean {
    const hasValues = elementCount(type.shape) > 0;
    if (hasValues) this.#table.add(name, type, where);
    else this.#table.addConstant(name, tensorOf(type.type, type.shape, []), where);
    return hasValues;
  }

  #unknown(node: OnnxNode, isConstant: boolean, error: SlicerError): readonly OnnxNode[] {
    const { unknowns } = this.#parts;
    if (!unknowns) throw error;
    this.refusal ??= error;
    const branch = node.operator === 'If' ? this.#conditionOf(node) : undefined;
    if (isConstant) unknowns.constant.push(node);
    else if (branch !== undefined) unknowns.branches.set(node.outputs[0], branch);
    else unknowns.untyped.push(node);
    this.#await(node, isConstant ? 'constant' : 'unknown');
    return [];
  }

  #conditionOf(node: OnnxNode): boolean | undefined {
    const raw = this.#parts.source?.nodes.get(node.outputs[0]);
    const condition = this.#table.constants.get(raw?.input?.[0] ?? '');
    return condition && Number(condition.data[0]) !== 0;
  }

  /** A node that reads what is not known yet. */
  #later(node: OnnxNode): readonly OnnxNode[] {
    const { unknowns } = this.#parts;
    const { pending, constants } = this.#table;
    const isConstant = node.inputs.every(
      (name) => name === '' || constants.has(name) || pending.get(name) === 'constant',
    );
    if (isConstant) unknowns?.constant.push(node);
    else {
      for (const name of node.inputs) if (pending.get(name) === 'constant') unknowns?.wanted.add(name);
      unknowns?.after.push(node);
    }
    this.#await(node, isConstant ? 'constant' : 'unknown');
    return [];
  }

  #await(node: OnnxNode, as: 'constant' | 'unknown'): void {
    for (const name of node.outputs) if (name !== '') this.#table.pending.set(name, as);
  }
}

const BEYOND_RULES: ReadonlySet<string> = new Set(['ONNX_UNSUPPORTED_ATTRIBUTE', 'ONNX_DYNAMIC_SHAPE']);

/** Whether the reader has rules for all that a node does. */
function understood(node: OnnxNode): boolean {
  const operator = node.foreign ? undefined : findOperator(node);
  return operator !== undefined && node.outputs.length <= (operator.outputs ?? 1);
}

function noType(node: OnnxNode): SlicerError {
  if (!findOperator(node)) return unknownOperator(node);
  const name = node.outputs.find((output) => output !== '') ?? '';
  return refuseNode(node, 'ONNX_UNKNOWN_OPERATOR', `nothing says what its output "${name}" is`);
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
  const taker = new NodeTaker(table, parts);
  const nodes = parts.nodes.flatMap((node) => taker.take(node));
  if (taker.refusal) {
    if (parts.unknowns) Object.assign(parts.unknowns, { tensors: table.types, constants: table.constants });
    for (const { name } of parts.outputs) {
      if (table.pending.get(name) === 'constant') parts.unknowns?.wanted.add(name);
    }
    throw taker.refusal;
  }

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
