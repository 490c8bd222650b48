import { plainText } from '../../protocol/plain-text.ts';
import { SlicerError } from '../errors.ts';
import { buildGraph } from './build.ts';
import { namesRead } from './foreign-call.ts';
import type { AttributeValue, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue, TensorType } from './graph.ts';
import { OPSETS } from './limits.ts';
import { findOperator } from './operators/index.ts';
import { decodeModel } from './prepare/index.ts';
import { nameNode, refuseNode } from './refuse.ts';
import { ATTRIBUTE_TYPE, rawModelCodec, type AttributeProto, type GraphProto, type Int64 } from './schema.ts';
import type { NodeProto, RawNodeProto, ValueInfoProto } from './schema.ts';
import type { Unknowns } from './unknowns.ts';
import { castTarget, elementTypeOf, fromTensorProto, toNumber } from './tensor-proto.ts';
import { upgradeNode } from './upgrade.ts';

const utf8 = new TextDecoder();

/** An integer of an attribute; past what a number holds exactly it says "as far as there is", as the end of a Slice does. */
function nearest(value: Int64): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value.toString())));
}

function attributeValue(node: OnnxNode, attribute: AttributeProto): AttributeValue {
  const name = attribute.name ?? '';
  const where = `attribute ${name} of ${nameNode(node)}`;
  switch (attribute.type) {
    case ATTRIBUTE_TYPE.float:
      return attribute.f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return nearest(attribute.i ?? 0);
    case ATTRIBUTE_TYPE.string:
      return utf8.decode(attribute.s);
    case ATTRIBUTE_TYPE.floats:
      return [...(attribute.floats ?? [])];
    case ATTRIBUTE_TYPE.tensor:
      return fromTensorProto(attribute.t ?? {}, where);
    case ATTRIBUTE_TYPE.ints:
      return (attribute.ints ?? []).map(nearest);
    default:
      throw refuseNode(
        node,
        'ONNX_UNSUPPORTED_ATTRIBUTE',
        `attribute ${name} has the type ${attribute.type ?? 0}`,
      );
  }
}

/** The value of a `Constant` node, whichever of its attributes carries it. */
function constantValue(node: OnnxNode, attributes: readonly AttributeProto[]): OnnxTensor {
  const attribute = attributes[0];
  if (attributes.length !== 1)
    throw refuseNode(node, 'ONNX_INVALID', 'expected exactly one attribute, the value');
  if (attribute.name === 'value' && attribute.t) return fromTensorProto(attribute.t, nameNode(node));
  const value = attributeValue(node, attribute);
  switch (attribute.name) {
    case 'value_float':
      return { type: 'float32', shape: [], data: Float32Array.of(Number(value)) };
    case 'value_int':
      return { type: 'int64', shape: [], data: BigInt64Array.of(BigInt(value as number)) };
    case 'value_floats': {
      const data = Float32Array.from(value as readonly number[]);
      return { type: 'float32', shape: [data.length], data };
    }
    case 'value_ints': {
      const data = BigInt64Array.from((value as readonly number[]).map(BigInt));
      return { type: 'int64', shape: [data.length], data };
    }
    default:
      throw refuseNode(node, 'ONNX_UNSUPPORTED_ATTRIBUTE', `attribute ${attribute.name} is not supported`);
  }
}

/** Sizes that the file declares; `undefined` for one that is left open. */
function declaredShape(
  value: ValueInfoProto,
  where: string,
  sizeOf: DimensionSize,
): readonly (number | undefined)[] | undefined {
  return value.type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }, axis) => {
    const size = dimParam ? 0 : toNumber(dimValue ?? 0, where);
    return size > 0 ? size : sizeOf(dimParam || `${value.name ?? ''}.${axis}`);
  });
}

/** The size of a dimension that a file leaves open, by its name, or `tensor.axis` when it has none. */
type DimensionSize = (name: string) => number | undefined;

function readInput(value: ValueInfoProto, sizeOf: DimensionSize): OnnxValue {
  const name = value.name ?? '';
  const where = `graph input "${name}"`;
  const tensor = value.type?.tensorType;
  if (!tensor) throw new SlicerError('ONNX_UNSUPPORTED_TYPE', `${where} is not a tensor`);
  const shape = declaredShape(value, where, sizeOf)?.map(
    (size, axis) => size ?? (axis === 0 ? 1 : undefined),
  );
  if (shape === undefined || shape.includes(undefined)) {
    const open = tensor.shape?.dim?.flatMap(({ dimParam }, axis) =>
      shape?.[axis] === undefined ? [dimParam || `${name}.${axis}`] : [],
    );
    const written = shape?.map((size) => size ?? '?').join('×') ?? 'none';
    throw new SlicerError('ONNX_DYNAMIC_SHAPE', `${where} has the shape ${written}, expected fixed sizes`, {
      hint: `Only the first dimension, the batch, is taken as 1. Give the others: ${
        open?.map((dimension) => `--dimension ${dimension}=…`).join(' ') ?? 'export with a shape'
      }`,
    });
  }
  return { name, type: elementTypeOf(tensor.elemType ?? 0, where), shape: shape as readonly number[] };
}

/** What the file says of tensors between nodes, where it says all. */
function declaredTypes(values: readonly ValueInfoProto[], sizeOf: DimensionSize): Map<string, TensorType> {
  return new Map(
    values.flatMap((value) => {
      const name = value.name ?? '';
      const where = `tensor "${name}"`;
      const shape = declaredShape(value, where, sizeOf);
      const code = value.type?.tensorType?.elemType ?? 0;
      const type = castTarget(code);
      return type === undefined || shape === undefined || shape.includes(undefined)
        ? []
        : [[name, { type, shape: shape as readonly number[] }] as const];
    }),
  );
}

function withoutTrailing(names: readonly string[]): readonly string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1);
}

/** A node without its attributes, which are read once the operator is known to be one of ours. */
function readCall(proto: NodeProto, index: number): OnnxNode {
  // Names are optional in ONNX; what a message needs to point at a node is made up from its place.
  const ours = !proto.domain || proto.domain === 'ai.onnx';
  return {
    name: proto.name || `#${index}`,
    operator: proto.opType ?? '',
    inputs: withoutTrailing(proto.input ?? []),
    outputs: withoutTrailing(proto.output ?? []),
    attributes: {},
    ...(ours ? {} : { foreign: true as const }),
  };
}

/** What {@link readNodes} finds in a file. */
interface NodesRead {
  readonly nodes: readonly OnnxNode[];
  readonly constants: Map<string, OnnxTensor>;
  readonly protos: Map<string, RawNodeProto>;
}

function readNodes(graph: GraphProto, raws: readonly RawNodeProto[], opset: number): NodesRead {
  const constants = new Map<string, OnnxTensor>();
  const addConstant = (name: string, tensor: OnnxTensor, where: string): void => {
    if (constants.has(name))
      throw new SlicerError('ONNX_INVALID', `${where}: tensor "${name}" is written twice`);
    constants.set(name, tensor);
  };
  for (const proto of graph.initializer ?? []) {
    const where = `initializer "${proto.name ?? ''}"`;
    addConstant(proto.name ?? '', fromTensorProto(proto, where), where);
  }
  const nodes: OnnxNode[] = [];
  const protos = new Map<string, RawNodeProto>();
  for (const [index, proto] of (graph.node ?? []).entries()) {
    const call = readCall(proto, index);
    const first = call.outputs.find((name) => name !== '');
    if (first === undefined) throw refuseNode(call, 'ONNX_INVALID', 'it has no outputs');
    // What is without rules, or has what the rules don't know, ONNX Runtime gets as it is.
    const asItIs = (): OnnxNode => ({ ...call, inputs: namesRead(raws[index]), foreign: true });
    const read = call.foreign ? undefined : understood(call, proto.attribute ?? []);
    if (read && 'data' in read) {
      addConstant(first, read, nameNode(call));
      continue;
    }
    protos.set(first, raws[index]);
    if (!read) {
      nodes.push(asItIs());
      continue;
    }
    const upgraded = opset < OPSETS.oldestGraph ? upgradeNode(read) : { node: read, constants: [] };
    for (const [name, tensor] of upgraded.constants) addConstant(name, tensor, nameNode(read));
    nodes.push(upgraded.node);
  }
  return { nodes, constants, protos };
}

/** A node with its attributes, a constant's value, or nothing where the reader has no rules for it. */
function understood(
  call: OnnxNode,
  attributes: readonly AttributeProto[],
): OnnxNode | OnnxTensor | undefined {
  try {
    if (call.operator === 'Constant') return constantValue(call, attributes);
    if (!findOperator(call)) return undefined;
    const values = attributes.map((one) => [one.name ?? '', attributeValue(call, one)] as const);
    return { ...call, attributes: Object.fromEntries(values) };
  } catch (error) {
    if (error instanceof SlicerError && error.code === 'ONNX_UNSUPPORTED_ATTRIBUTE') return undefined;
    throw error;
  }
}

/** A size for a dimension that the file does not leave open would be ignored: most likely its name is misspelt. */
function expectOpen(given: readonly string[], open: ReadonlySet<string>): void {
  const unknown = given.find((name) => !open.has(name));
  if (unknown === undefined) return;
  throw new SlicerError(
    'ONNX_UNKNOWN_DIMENSION',
    `a size is given for dimension ${unknown}, which the model does not leave open`,
    { hint: open.size > 0 ? `It leaves open: ${[...open].join(', ')}.` : 'It leaves none open.' },
  );
}

/** Names that people are shown, in tables and manifests. */
function expectPlainNames({ name, input, output, node }: GraphProto): void {
  const names = [
    name,
    ...[...(input ?? []), ...(output ?? [])].map((value) => value.name),
    ...(node ?? []).flatMap((one) => [one.name, one.opType, one.domain, ...(one.output ?? [])]),
  ];
  const wrong = names.find((one) => one !== undefined && !plainText.safeParse(one).success);
  if (wrong === undefined) return;
  throw new SlicerError(
    'ONNX_NAME',
    `expected names of up to 1,000 characters and no control among them, got ${JSON.stringify(wrong.slice(0, 80))}`,
    { hint: 'Rename it, and export the model again.' },
  );
}

/** How a file is read. */
export interface ReadOptions {
  /** Sizes of dimensions that it leaves open, by their names (`N`), or `input.axis` of one without a name. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** What operators write that the reader has no rules for, by tensor; besides what the file itself says. */
  readonly types?: ReadonlyMap<string, TensorType>;
  /** What operators write that work on constants alone, by tensor; nothing where only others of them read it. */
  readonly folded?: ReadonlyMap<string, OnnxTensor | undefined>;
  /** Takes up what only ONNX Runtime can say, where the file is refused for that. */
  readonly unknowns?: Unknowns;
}

/**
 * Reads and checks an ONNX model. Throws SlicerError: ONNX_TRUNCATED, ONNX_INVALID, ONNX_TOO_LARGE,
 * ONNX_EXTERNAL_DATA, ONNX_NAME, ONNX_UNSUPPORTED_TYPE, ONNX_UNKNOWN_DIMENSION, and whatever {@link buildGraph} refuses.
 */
export function readOnnx(
  bytes: Uint8Array,
  { dimensions = {}, types, folded, unknowns }: ReadOptions = {},
): OnnxGraph {
  const model = decodeModel(bytes);
  const imports = model.opsetImport ?? [];
  const own = imports.find(({ domain }) => !domain || domain === 'ai.onnx')?.version;
  // A file of other operators alone needs none of ONNX's own.
  const version = own ?? (imports.length > 0 ? OPSETS.oldestGraph : undefined);
  const { graph } = model;
  if (!graph || version === undefined) {
    throw new SlicerError(
      'ONNX_TRUNCATED',
      `the ${bytes.length} bytes have no ${graph ? 'operator set version' : 'graph'}: cut off, or not an ONNX model`,
      { hint: 'Copy or export the file again.' },
    );
  }
  expectPlainNames(graph);
  const opset = toNumber(version, 'operator set version');
  if (opset < OPSETS.oldest) {
    throw new SlicerError(
      'ONNX_UNSUPPORTED_OPSET',
      `expected operator set ${OPSETS.oldest} or newer, got ${opset}`,
      {
        hint: 'Export the model again with opset_version 13 to 17.',
      },
    );
  }
  const raws = rawModelCodec.decode(bytes).graph?.node ?? [];
  const { nodes, constants, protos } = readNodes(graph, raws, opset);
  const open = new Set<string>();
  const sizeOf = (name: string): number | undefined => {
    open.add(name);
    return Object.hasOwn(dimensions, name) ? dimensions[name] : undefined;
  };
  const declared = declaredTypes([...(graph.valueInfo ?? []), ...(graph.output ?? [])], sizeOf);
  // Files of format version 3 and older list their initializers as inputs too.
  const inputs = (graph.input ?? [])
    .filter(({ name }) => !constants.has(name ?? ''))
    .map((value) => readInput(value, sizeOf));
  const outputs = (graph.output ?? []).map((value) => {
    const name = value.name ?? '';
    return { name, declared: declaredShape(value, `graph output "${name}"`, sizeOf) };
  });
  expectOpen(Object.keys(dimensions), open);
  return buildGraph({
    name: graph.name || 'model',
    opset: Math.max(opset, OPSETS.oldestGraph),
    inputs,
    outputs,
    nodes,
    constants,
    types: new Map([...declared, ...(types ?? [])]),
    source: { imports, nodes: protos, file: bytes },
    folded,
    unknowns,
  });
}
