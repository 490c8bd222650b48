import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from '../schema.ts';
import type { ValueInfoProto } from '../schema.ts';
import { graphsOf, withGraphs } from './names.ts';

/** TensorProto.DataType of what is read as float32. */
const FLOAT32 = 1;
const FLOAT16 = 10;
const BFLOAT16 = 16;

/** Attributes that name an element type. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'to',
  'dtype',
  'output_dtype',
  'output_datatype',
  'stash_type',
]);

function isHalf(type: unknown): boolean {
  return type === FLOAT16 || type === BFLOAT16;
}

/**
 * The model with float32 where it has float16 or bfloat16: exact for its constants, and what it computes is rounded less than it
 * would be. The same model where it has neither.
 */
export function withoutHalf(model: ModelProto): ModelProto {
  const { graph } = model;
  return graph && hasHalf(graph) ? { ...model, graph: widened(graph) } : model;
}

function hasHalf(graph: GraphProto): boolean {
  const values = [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.valueInfo ?? [])];
  return (
    (graph.initializer ?? []).some(({ dataType }) => isHalf(dataType)) ||
    values.some(({ type }) => isHalf(type?.tensorType?.elemType)) ||
    (graph.node ?? []).some(({ attribute = [] }) =>
      attribute.some((one) => isHalf(one.t?.dataType) || namesHalf(one) || graphsOf(one).some(hasHalf)),
    )
  );
}

function namesHalf({ name = '', i }: AttributeProto): boolean {
  return i !== undefined && TYPE_ATTRIBUTES.has(name) && isHalf(Number(i));
}

function widened(graph: GraphProto): GraphProto {
  return {
    ...graph,
    node: (graph.node ?? []).map(widenedNode),
    initializer: (graph.initializer ?? []).map(widenedTensor),
    input: (graph.input ?? []).map(widenedValue),
    output: (graph.output ?? []).map(widenedValue),
    valueInfo: (graph.valueInfo ?? []).map(widenedValue),
  };
}

function widenedNode(node: NodeProto): NodeProto {
  const attribute = (node.attribute ?? []).map((one) => {
    const typed = namesHalf(one) ? { ...one, i: FLOAT32 } : one;
    const valued = typed.t ? { ...typed, t: widenedTensor(typed.t) } : typed;
    return withGraphs(valued, widened);
  });
  return { ...node, attribute };
}

function widenedValue(value: ValueInfoProto): ValueInfoProto {
  const { type } = value;
  if (!isHalf(type?.tensorType?.elemType)) return value;
  return { ...value, type: { ...type, tensorType: { ...type?.tensorType, elemType: FLOAT32 } } };
}

/** A tensor of halves as one of float32; any other as it is. */
export function widenedTensor(tensor: TensorProto): TensorProto {
  const { dataType, rawData, int32Data = [] } = tensor;
  if (!isHalf(dataType) || tensor.dataLocation === 1) return tensor;
  const bits =
    rawData && rawData.length > 0
      ? new Uint16Array(new Uint8Array(rawData).buffer, 0, rawData.length >> 1)
      : Uint16Array.from(int32Data);
  const values = Float32Array.from(bits, dataType === FLOAT16 ? fromFloat16 : fromBfloat16);
  return { ...tensor, dataType: FLOAT32, int32Data: [], rawData: new Uint8Array(values.buffer) };
}

const view = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function fromBfloat16(bits: number): number {
  view.setUint32(0, bits * 2 ** 16);
  return view.getFloat32(0);
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
