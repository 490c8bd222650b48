import { elementCount, type ElementType, type TensorData } from '../../onnx/graph.ts';

// Apart from the messages, which need zod: the process starts a third sooner without.

/** What holds values, by the names that ONNX Runtime gives their types. */
export const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, unknown>;

export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * The values of a tensor; undefined when the bytes are not as many as its shape needs.
 * @param bytes aligned as the type wants it
 */
export function dataOfBytes(
  { type, shape }: { readonly type: ElementType; readonly shape: readonly number[] },
  bytes: Uint8Array,
): TensorData | undefined {
  const Values = CONSTRUCTORS[type];
  const count = elementCount(shape);
  if (bytes.byteLength !== count * Values.BYTES_PER_ELEMENT) return undefined;
  return new Values(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
}

export function isPortType(type: string): type is ElementType {
  return Object.hasOwn(CONSTRUCTORS, type);
}
