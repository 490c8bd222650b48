import { SlicerError } from '../errors.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValue, TensorType } from './graph.ts';
import { WRITTEN_IR_VERSION } from './limits.ts';
import { capturedNames, definedNames, graphsOf } from './prepare/names.ts';
import { refuseNode } from './refuse.ts';
import { attributeCodec, rawModelCodec, type OperatorSetIdProto, type RawNodeProto } from './schema.ts';
import { elementTypeOf, fromTensorProto, toNumber, toTensorProto } from './tensor-proto.ts';
import { rawNode, toValueInfo } from './write.ts';

/** One call of an operator as its file has it: attributes byte for byte, and the versions that the file gives operators. */
export interface ForeignCall {
  /** It leaves out none of its outputs. */
  readonly node: RawNodeProto;
  /** Of the domains that it has operators of, ONNX's own as ''. */
  readonly imports: readonly OperatorSetIdProto[];
  /** The tensors that it reads, each once. */
  readonly inputs: readonly OnnxValue[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** The result that is wanted of it. */
  readonly output: OnnxValue;
}

/** All that a node of a file reads, each once: its inputs, and what graphs within it read from outside. */
export function namesRead(raw: RawNodeProto): readonly string[] {
  return [...new Set([...(raw.input ?? []).filter((name) => name !== ''), ...capturedBy(raw)])];
}

/** Names that have to stay as they are, since graphs within the node use them: tensors from outside, and their own. */
export function namesWithin(raw: RawNodeProto): ReadonlySet<string> {
  const own = (raw.attribute ?? []).flatMap((bytes) => graphsOf(attributeCodec.decode(bytes)));
  return new Set([...capturedBy(raw), ...own.flatMap((graph) => [...definedNames(graph)])]);
}

function capturedBy({ attribute = [] }: RawNodeProto): readonly string[] {
  return capturedNames(attribute.map((bytes) => attributeCodec.decode(bytes)));
}

/** The domains of the operators of a node, and of graphs within it. */
function domainsOf(raw: RawNodeProto): ReadonlySet<string> {
  const domains = new Set<string>();
  const add = (domain = ''): unknown => domains.add(domain === 'ai.onnx' ? '' : domain);
  add(raw.domain);
  const visit = (attribute: ReturnType<typeof attributeCodec.decode>): void => {
    for (const graph of graphsOf(attribute)) {
      for (const { domain, attribute: inner = [] } of graph.node ?? []) {
        add(domain);
        inner.forEach(visit);
      }
    }
  };
  for (const bytes of raw.attribute ?? []) visit(attributeCodec.decode(bytes));
  return domains;
}

/**
 * A node of a graph as its file has it; one of a graph that was made here as this project writes it.
 * @param output which of its results is wanted
 */
export function callOf(graph: OnnxGraph, node: OnnxNode, output: string): ForeignCall {
  const raw = rawNode(graph, node);
  const names = namesRead(raw);
  const typeOf = (name: string): TensorType => {
    const type = graph.tensors.get(name);
    if (!type) throw refuseNode(node, 'ONNX_INVALID', `nothing is known of the tensor "${name}"`);
    return type;
  };
  const imports = importsOf(graph);
  return {
    node: {
      ...raw,
      name: node.name,
      output: (raw.output ?? []).map((name, i) => name || `${output}/unused${i}`),
    },
    imports: [...new Set(['', ...domainsOf(raw)])].flatMap((domain) => {
      const found = imports.find((one) => one.domain === domain);
      return found ? [found] : [];
    }),
    inputs: names.filter((name) => !graph.constants.has(name)).map((name) => ({ name, ...typeOf(name) })),
    constants: new Map(
      names.flatMap((name) => {
        const constant = graph.constants.get(name);
        return constant ? [[name, constant] as const] : [];
      }),
    ),
    output: { name: output, ...typeOf(output) },
  };
}

function importsOf({ source, opset }: OnnxGraph): readonly OperatorSetIdProto[] {
  const given = source?.imports ?? [{ domain: '', version: opset }];
  return given.map(({ domain = '', version }) => ({
    domain: domain === 'ai.onnx' ? '' : domain,
    version: Number(version?.toString() ?? 0),
  }));
}

/** The call alone as an ONNX model. */
export function writeCall({ node, imports, inputs, constants, output }: ForeignCall): Uint8Array {
  return rawModelCodec.encode({
    irVersion: WRITTEN_IR_VERSION,
    producerName: 'sliceproof',
    graph: {
      name: node.name ?? '',
      node: [node],
      initializer: [...constants].map(([name, tensor]) => toTensorProto(name, tensor)),
      input: inputs.map(toValueInfo),
      output: [toValueInfo(output)],
    },
    opsetImport: imports,
  });
}

/**
 * What {@link writeCall} wrote.
 * @throws SlicerError ONNX_INVALID and what else a tensor is refused for
 */
export function readCall(bytes: Uint8Array): ForeignCall {
  const { graph, opsetImport = [] } = decoded(bytes);
  const [node, ...others] = graph?.node ?? [];
  const [output] = graph?.output ?? [];
  if (!node || !output || others.length > 0) throw noCall('expected one operator with one result');
  const valueOf = ({ name = '', type }: typeof output): OnnxValue => ({
    name,
    type: elementTypeOf(type?.tensorType?.elemType ?? 0, name),
    shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue = 0 }) => toNumber(dimValue, name)),
  });
  return {
    node,
    imports: opsetImport.map(({ domain = '', version = 0 }) => ({
      domain,
      version: Number(version.toString()),
    })),
    inputs: (graph?.input ?? []).map(valueOf),
    constants: new Map(
      (graph?.initializer ?? []).map((proto) => [proto.name ?? '', fromTensorProto(proto, proto.name ?? '')]),
    ),
    output: valueOf(output),
  };
}

function decoded(bytes: Uint8Array): ReturnType<typeof rawModelCodec.decode> {
  try {
    return rawModelCodec.decode(bytes);
  } catch (cause) {
    throw noCall((cause as Error).message);
  }
}

function noCall(problem: string): SlicerError {
  return new SlicerError('ONNX_INVALID', `the model of an operator that is only executed: ${problem}`);
}
