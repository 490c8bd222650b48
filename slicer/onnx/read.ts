import { SlicerError } from '../errors.ts';
import { buildGraph } from './build.ts';
import type { AttributeValue, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './graph.ts';
import { ONNX_LIMITS, OPSETS } from './limits.ts';
import { operatorOf } from './operators/index.ts';
import { nameNode, refuseNode } from './refuse.ts';
import {
  ATTRIBUTE_TYPE,
  modelCodec,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
} from './schema.ts';
import type { NodeProto, ValueInfoProto } from './schema.ts';
import { elementTypeOf, fromTensorProto, toNumber } from './tensor-proto.ts';
import { upgradeNode } from './upgrade.ts';

const utf8 = new TextDecoder();

function decodeModel(bytes: Uint8Array): ModelProto {
  try {
    return modelCodec.decode(bytes);
  } catch (cause) {
    // protobufjs raises a RangeError when a length points past the end.
    const truncated = cause instanceof RangeError;
    throw new SlicerError(
      truncated ? 'ONNX_TRUNCATED' : 'ONNX_INVALID',
      truncated
        ? `the file's ${bytes.length} bytes announce more than there is: cut off, or not an ONNX model`
        : `the ${bytes.length} bytes are not an ONNX model: ${(cause as Error).message}`,
      { hint: 'Copy or export the file again.', cause },
    );
  }
}

function attributeValue(node: OnnxNode, attribute: AttributeProto): AttributeValue {
  const name = attribute.name ?? '';
  const where = `attribute ${name} of ${nameNode(node)}`;
  switch (attribute.type) {
    case ATTRIBUTE_TYPE.float:
      return attribute.f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return toNumber(attribute.i ?? 0, where);
    case ATTRIBUTE_TYPE.string:
      return utf8.decode(attribute.s);
    case ATTRIBUTE_TYPE.floats:
      return [...(attribute.floats ?? [])];
    case ATTRIBUTE_TYPE.ints:
      return (attribute.ints ?? []).map((value) => toNumber(value, where));
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
function declaredShape(value: ValueInfoProto, where: string): readonly (number | undefined)[] | undefined {
  return value.type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) => {
    const size = dimParam ? 0 : toNumber(dimValue ?? 0, where);
    return size > 0 ? size : undefined;
  });
}

function readInput(value: ValueInfoProto): OnnxValue {
  const name = value.name ?? '';
  const where = `graph input "${name}"`;
  const tensor = value.type?.tensorType;
  if (!tensor) throw new SlicerError('ONNX_UNSUPPORTED_TYPE', `${where} is not a tensor`);
  const shape = declaredShape(value, where)?.map((size, axis) => size ?? (axis === 0 ? 1 : undefined));
  if (shape === undefined || shape.includes(undefined)) {
    const written = shape?.map((size) => size ?? '?').join('×') ?? 'none';
    throw new SlicerError('ONNX_DYNAMIC_SHAPE', `${where} has the shape ${written}, expected fixed sizes`, {
      hint: 'Only the first dimension, the batch, may be open: it is taken as 1. Export with fixed sizes.',
    });
  }
  return { name, type: elementTypeOf(tensor.elemType ?? 0, where), shape: shape as readonly number[] };
}

function withoutTrailing(names: readonly string[]): readonly string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1);
}

/** A node without its attributes, which are read once the operator is known to be one of ours. */
function readCall(proto: NodeProto, index: number): OnnxNode {
  // Names are optional in ONNX; what a message needs to point at a node is made up from its place.
  const name = proto.name || `#${index}`;
  const operator = proto.opType ?? '';
  const [output = '', ...more] = proto.output ?? [];
  const node: OnnxNode = {
    name,
    operator,
    inputs: withoutTrailing(proto.input ?? []),
    outputs: [output],
    attributes: {},
  };
  if (proto.domain && proto.domain !== 'ai.onnx') {
    const problem = `operators of the domain "${proto.domain}" are not supported`;
    throw refuseNode(node, 'ONNX_UNKNOWN_OPERATOR', problem);
  }
  if (more.some((other) => other !== '')) {
    throw refuseNode(node, 'ONNX_UNKNOWN_OPERATOR', 'only the first output of an operator is supported');
  }
  return node;
}

function readNodes(graph: GraphProto, opset: number): Pick<OnnxGraph, 'nodes' | 'constants'> {
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
  for (const [index, proto] of (graph.node ?? []).entries()) {
    const call = readCall(proto, index);
    const protos = proto.attribute ?? [];
    if (call.operator === 'Constant') {
      addConstant(call.outputs[0], constantValue(call, protos), nameNode(call));
      continue;
    }
    operatorOf(call);
    const attributes = protos.map(
      (attribute) => [attribute.name ?? '', attributeValue(call, attribute)] as const,
    );
    const node = { ...call, attributes: Object.fromEntries(attributes) };
    const upgraded = opset < OPSETS.oldestGraph ? upgradeNode(node) : { node, constants: [] };
    for (const [name, tensor] of upgraded.constants) addConstant(name, tensor, nameNode(node));
    nodes.push(upgraded.node);
  }
  return { nodes, constants };
}

/**
 * Reads and checks an ONNX model. Throws SlicerError: ONNX_TRUNCATED, ONNX_INVALID, ONNX_TOO_LARGE,
 * ONNX_EXTERNAL_DATA, ONNX_UNSUPPORTED_TYPE, and whatever {@link buildGraph} refuses, first of all
 * ONNX_UNKNOWN_OPERATOR.
 */
export function readOnnx(bytes: Uint8Array): OnnxGraph {
  if (bytes.length > ONNX_LIMITS.fileBytes) {
    throw new SlicerError(
      'ONNX_TOO_LARGE',
      `the ONNX file has ${bytes.length} bytes, at most ${ONNX_LIMITS.fileBytes} are read`,
    );
  }
  const model = decodeModel(bytes);
  const version = model.opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx')?.version;
  const { graph } = model;
  if (!graph || version === undefined) {
    throw new SlicerError(
      'ONNX_TRUNCATED',
      `the ${bytes.length} bytes have no ${graph ? 'operator set version' : 'graph'}: cut off, or not an ONNX model`,
      { hint: 'Copy or export the file again.' },
    );
  }
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
  const { nodes, constants } = readNodes(graph, opset);
  return buildGraph({
    name: graph.name || 'model',
    opset: Math.max(opset, OPSETS.oldestGraph),
    // Files of format version 3 and older list their initializers as inputs too.
    inputs: (graph.input ?? []).filter(({ name }) => !constants.has(name ?? '')).map(readInput),
    outputs: (graph.output ?? []).map((value) => {
      const name = value.name ?? '';
      return { name, declared: declaredShape(value, `graph output "${name}"`) };
    }),
    nodes,
    constants,
  });
}
