import {
  modelCodec,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from '../../../slicer/onnx/schema.ts';

/** TensorProto.DataType. */
const TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

type FileType = keyof typeof TYPES;

type Value = number | string | readonly number[] | readonly string[] | AttributeProto;

/** An attribute by what its value is; whole numbers are integers, others floats. */
export function attribute(name: string, value: Value): AttributeProto {
  const utf8 = new TextEncoder();
  if (typeof value === 'string') return { name, type: 3, s: utf8.encode(value) };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { name, type: 2, i: value } : { name, type: 1, f: value };
  }
  if (!Array.isArray(value)) return { ...(value as AttributeProto), name };
  const values = value as readonly (number | string)[];
  if (values.every((one) => typeof one === 'string')) {
    return { name, type: 8, strings: values.map((one) => utf8.encode(one)) };
  }
  const numbers = values as readonly number[];
  return numbers.every(Number.isInteger)
    ? { name, type: 7, ints: numbers }
    : { name, type: 6, floats: numbers };
}

export const reals = (value: number): AttributeProto => ({ type: 1, f: value });

export function call(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Value>> = {},
  domain = '',
): NodeProto {
  return {
    name: `${opType}:${output.find((name) => name !== '') ?? ''}`,
    opType,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain === '' ? {} : { domain }),
  };
}

/** A constant tensor of a file. */
export function tensor(
  name: string,
  dims: readonly number[],
  values: ArrayLike<number>,
  type: 'float32' | 'int64' | 'int32' | 'int8' | 'uint8' | 'float64' | 'bool' = 'float32',
): TensorProto {
  const data = {
    float32: () => Float32Array.from(values),
    float64: () => Float64Array.from(values),
    int64: () => BigInt64Array.from(values, BigInt),
    int32: () => Int32Array.from(values),
    int8: () => Int8Array.from(values),
    uint8: () => Uint8Array.from(values),
    bool: () => Uint8Array.from(values),
  }[type]();
  return { name, dims, dataType: TYPES[type], rawData: new Uint8Array(data.buffer) };
}

export type Port = readonly [name: string, shape: readonly (number | string)[] | undefined, type?: FileType];

export function port([name, shape, type = 'float32']: Port): object {
  const dim = shape?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: TYPES[type], ...(dim ? { shape: { dim } } : {}) } } };
}

export interface FileParts {
  readonly opset?: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly NodeProto[];
  readonly constants?: readonly TensorProto[];
  readonly domains?: readonly { readonly domain: string; readonly version: number }[];
  readonly functions?: readonly object[];
}

/** A graph within an attribute. */
export function graphOf({ inputs, outputs, nodes, constants = [] }: FileParts): object {
  return {
    name: 'graph',
    node: nodes,
    initializer: constants,
    input: inputs.map(port),
    output: outputs.map(port),
  };
}

/** An ONNX file as another tool writes it. */
export function onnxFile(parts: FileParts): Uint8Array {
  const { opset = 17, domains = [], functions = [] } = parts;
  return modelCodec.encode({
    irVersion: 8,
    producerName: 'another tool',
    graph: graphOf(parts),
    opsetImport: [{ domain: '', version: opset }, ...domains],
    functions,
  });
}
