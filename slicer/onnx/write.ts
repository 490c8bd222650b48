import type { AttributeValue, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './graph.ts';
import { WRITTEN_IR_VERSION } from './limits.ts';
import { operatorOf } from './operators/index.ts';
import {
  ATTRIBUTE_TYPE,
  attributeCodec,
  rawModelCodec,
  type AttributeProto,
  type OperatorSetIdProto,
  type RawNodeProto,
  type ValueInfoProto,
} from './schema.ts';
import { elementTypeCode, toTensorProto } from './tensor-proto.ts';

const utf8 = new TextEncoder();

function toAttributeProto(node: OnnxNode, name: string, value: AttributeValue): AttributeProto {
  const kind = operatorOf(node).attributes[name];
  switch (kind) {
    case 'int':
      return { name, type: ATTRIBUTE_TYPE.int, i: value };
    case 'float':
      return { name, type: ATTRIBUTE_TYPE.float, f: value as number };
    case 'ints':
      return { name, type: ATTRIBUTE_TYPE.ints, ints: value as readonly number[] };
    case 'floats':
      return { name, type: ATTRIBUTE_TYPE.floats, floats: value as readonly number[] };
    case 'string':
      return { name, type: ATTRIBUTE_TYPE.string, s: utf8.encode(value as string) };
    case 'tensor':
      return { name, type: ATTRIBUTE_TYPE.tensor, t: toTensorProto('', value as OnnxTensor) };
  }
}

/** A node as its file has it; one of a graph that was made here as it is written. */
export function rawNode(graph: OnnxGraph, node: OnnxNode): RawNodeProto {
  return graph.source?.nodes.get(node.outputs.find((name) => name !== '') ?? '') ?? toNodeProto(node);
}

function toNodeProto(node: OnnxNode): RawNodeProto {
  return {
    name: node.name,
    opType: node.operator,
    input: node.inputs,
    output: node.outputs,
    attribute: Object.entries(node.attributes).map(([name, value]) =>
      attributeCodec.encode(toAttributeProto(node, name, value)),
    ),
  };
}

export function toValueInfo({ name, type, shape }: OnnxValue): ValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: elementTypeCode(type), shape: { dim } } } };
}

function otherDomains({ source }: OnnxGraph): readonly OperatorSetIdProto[] {
  return source?.imports.filter(({ domain }) => domain && domain !== 'ai.onnx') ?? [];
}

/** The graph as an ONNX file that ONNX Runtime loads. The same graph gives the same bytes. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  return rawModelCodec.encode({
    irVersion: WRITTEN_IR_VERSION,
    producerName: 'sliceproof',
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => (node.foreign ? rawNode(graph, node) : toNodeProto(node))),
      initializer: [...graph.constants].map(([name, tensor]) => toTensorProto(name, tensor)),
      input: graph.inputs.map(toValueInfo),
      output: graph.outputs.map(toValueInfo),
    },
    opsetImport: [{ domain: '', version: graph.opset }, ...otherDomains(graph)],
  });
}
