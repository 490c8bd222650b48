import type { ElementType, OnnxTensor, TensorData } from './graph.ts';

/** Values as an element type holds them; what it can't hold exactly is rounded towards zero or wraps. */
export function dataOf(type: ElementType, values: readonly (number | bigint)[]): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(values, Number);
    case 'float64':
      return Float64Array.from(values, Number);
    case 'int64':
      return BigInt64Array.from(values, wide);
    case 'uint64':
      return BigUint64Array.from(values, wide);
    case 'bool':
      return Uint8Array.from(values, (value) => (Number(value) === 0 ? 0 : 1));
    case 'int8':
      return Int8Array.from(values, truncated);
    case 'uint8':
      return Uint8Array.from(values, truncated);
    case 'int16':
      return Int16Array.from(values, truncated);
    case 'uint16':
      return Uint16Array.from(values, truncated);
    case 'int32':
      return Int32Array.from(values, truncated);
    case 'uint32':
      return Uint32Array.from(values, truncated);
  }
}

function wide(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  return BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
}

function truncated(value: number | bigint): number {
  return Math.trunc(Number(value));
}

export function tensorOf(
  type: ElementType,
  shape: readonly number[],
  values: readonly (number | bigint)[],
): OnnxTensor {
  return { type, shape, data: dataOf(type, values) };
}

export function isFloat(type: ElementType): boolean {
  return type === 'float32' || type === 'float64';
}
