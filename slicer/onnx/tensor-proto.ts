import { SlicerError } from '../errors.ts';
import { elementCount, formatShape, type ElementType, type OnnxTensor, type TensorData } from './graph.ts';
import { ONNX_LIMITS } from './limits.ts';
import type { Int64, TensorProto } from './schema.ts';

interface ElementFormat {
  /** TensorProto.DataType. */
  readonly code: number;
  readonly bytes: number;
  readonly make: (buffer: ArrayBuffer) => TensorData;
  /** The values where they were not given as raw bytes. */
  readonly unpacked: (proto: TensorProto) => TensorData;
}

const FORMATS: Readonly<Record<ElementType, ElementFormat>> = {
  float32: {
    code: 1,
    bytes: 4,
    make: (buffer) => new Float32Array(buffer),
    unpacked: ({ floatData }) => Float32Array.from(floatData ?? []),
  },
  uint8: {
    code: 2,
    bytes: 1,
    make: (buffer) => new Uint8Array(buffer),
    unpacked: ({ int32Data }) => Uint8Array.from(int32Data ?? []),
  },
  int8: {
    code: 3,
    bytes: 1,
    make: (buffer) => new Int8Array(buffer),
    unpacked: ({ int32Data }) => Int8Array.from(int32Data ?? []),
  },
  uint16: {
    code: 4,
    bytes: 2,
    make: (buffer) => new Uint16Array(buffer),
    unpacked: ({ int32Data }) => Uint16Array.from(int32Data ?? []),
  },
  int16: {
    code: 5,
    bytes: 2,
    make: (buffer) => new Int16Array(buffer),
    unpacked: ({ int32Data }) => Int16Array.from(int32Data ?? []),
  },
  int32: {
    code: 6,
    bytes: 4,
    make: (buffer) => new Int32Array(buffer),
    unpacked: ({ int32Data }) => Int32Array.from(int32Data ?? []),
  },
  int64: {
    code: 7,
    bytes: 8,
    make: (buffer) => new BigInt64Array(buffer),
    unpacked: ({ int64Data }) =>
      BigInt64Array.from((int64Data ?? []).map((value) => BigInt(value.toString()))),
  },
  bool: {
    code: 9,
    bytes: 1,
    make: (buffer) => new Uint8Array(buffer),
    unpacked: ({ int32Data }) => Uint8Array.from(int32Data ?? []),
  },
  float64: {
    code: 11,
    bytes: 8,
    make: (buffer) => new Float64Array(buffer),
    unpacked: ({ doubleData }) => Float64Array.from(doubleData ?? []),
  },
  uint32: {
    code: 12,
    bytes: 4,
    make: (buffer) => new Uint32Array(buffer),
    unpacked: ({ uint64Data }) => Uint32Array.from(uint64Data ?? [], Number),
  },
  uint64: {
    code: 13,
    bytes: 8,
    make: (buffer) => new BigUint64Array(buffer),
    unpacked: ({ uint64Data }) =>
      BigUint64Array.from((uint64Data ?? []).map((value) => BigInt(value.toString()))),
  },
};

const TYPE_NAMES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
].concat(['float16', 'float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16']);

/** An element type by its number in the file. Throws ONNX_UNSUPPORTED_TYPE for the ones not read here. */
export function elementTypeOf(code: number, where: string): ElementType {
  for (const [type, format] of Object.entries(FORMATS)) {
    if (format.code === code) return type as ElementType;
  }
  throw new SlicerError(
    'ONNX_UNSUPPORTED_TYPE',
    `${where} holds ${TYPE_NAMES[code] ?? `data type ${code}`} values`,
    {
      hint: `Export the model with one of these types: ${Object.keys(FORMATS).join(', ')}.`,
    },
  );
}

/** The number that the file has for an element type. */
export function elementTypeCode(type: ElementType): number {
  return FORMATS[type].code;
}

/** The element type that an ONNX cast target stands for; `undefined` when it is not read here. */
export function castTarget(code: number): ElementType | undefined {
  return (Object.keys(FORMATS) as ElementType[]).find((type) => FORMATS[type].code === code);
}

/** A 64-bit integer of the file as a number. Throws ONNX_INVALID when it is not exact as one. */
export function toNumber(value: Int64, where: string): number {
  const number = Number(value.toString());
  if (Number.isSafeInteger(number)) return number;
  throw new SlicerError('ONNX_INVALID', `${where}: expected an integer below 2^53, got ${value.toString()}`);
}

/** Checks a shape against the bounds of {@link ONNX_LIMITS}. Throws ONNX_INVALID or ONNX_TOO_LARGE. */
export function checkShape(shape: readonly number[], where: string): readonly number[] {
  if (shape.length > ONNX_LIMITS.rank) {
    throw new SlicerError(
      'ONNX_TOO_LARGE',
      `${where} has ${shape.length} dimensions, at most ${ONNX_LIMITS.rank} are read`,
    );
  }
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new SlicerError(
      'ONNX_INVALID',
      `${where} has the shape ${formatShape(shape)}, expected sizes of 0 or more`,
    );
  }
  if (elementCount(shape) > ONNX_LIMITS.elements) {
    throw new SlicerError(
      'ONNX_TOO_LARGE',
      `${where} has the shape ${formatShape(shape)}, at most ${ONNX_LIMITS.elements} values are read`,
    );
  }
  return shape;
}

/**
 * A tensor out of its message, values copied. Throws ONNX_EXTERNAL_DATA, ONNX_UNSUPPORTED_TYPE, ONNX_INVALID,
 * ONNX_TOO_LARGE, and ONNX_SHAPE_MISMATCH when the number of values is not what the shape says.
 */
export function fromTensorProto(proto: TensorProto, where: string): OnnxTensor {
  if (proto.dataLocation === 1 || (proto.externalData?.length ?? 0) > 0) {
    throw new SlicerError('ONNX_EXTERNAL_DATA', `${where} keeps its values in another file`, {
      hint: 'Save the model as one file (onnx.save with save_as_external_data=False).',
    });
  }
  const type = elementTypeOf(proto.dataType ?? 0, where);
  const format = FORMATS[type];
  const shape = checkShape(
    (proto.dims ?? []).map((size) => toNumber(size, where)),
    where,
  );
  const expected = elementCount(shape);

  // Raw values are little-endian, as every machine that Node 24 is released for.
  const raw = proto.rawData ?? new Uint8Array(0);
  if (raw.length > 0 && raw.length !== expected * format.bytes) {
    throw new SlicerError(
      'ONNX_SHAPE_MISMATCH',
      `${where}: expected ${expected * format.bytes} bytes for ${formatShape(shape)} ${type}, got ${raw.length}`,
    );
  }
  const data = raw.length > 0 ? format.make(new Uint8Array(raw).buffer) : format.unpacked(proto);
  if (data.length !== expected) {
    throw new SlicerError(
      'ONNX_SHAPE_MISMATCH',
      `${where}: expected ${expected} values for ${formatShape(shape)}, got ${data.length}`,
    );
  }
  return { type, shape, data };
}

/** The message of a tensor, values as raw bytes. */
export function toTensorProto(name: string, tensor: OnnxTensor): TensorProto {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return {
    name,
    dims: tensor.shape,
    dataType: FORMATS[tensor.type].code,
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  };
}
