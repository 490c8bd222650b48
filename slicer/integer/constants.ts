import { z } from 'zod';
import { IntegerProgramError } from './errors.ts';
import { PROGRAM_LIMITS } from './limits.ts';

/** Constants of a node in a file: base64 of little-endian numbers. */
export const base64 = z.base64().max(PROGRAM_LIMITS.bytes);

export function encodeInt32(values: Int32Array): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32LE(value, 4 * i));
  return bytes.toString('base64');
}

export function encodeFloat64(values: Float64Array): string {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytes.toString('base64');
}

/** @throws IntegerProgramError PROGRAM_MALFORMED */
export function decodeInt32(node: string, text: string): Int32Array {
  const view = viewOf(node, text, 4);
  return Int32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
}

/** @throws IntegerProgramError PROGRAM_MALFORMED */
export function decodeFloat64(node: string, text: string): Float64Array {
  const view = viewOf(node, text, 8);
  return Float64Array.from({ length: view.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

function viewOf(node: string, text: string, width: number): DataView {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % width !== 0) {
    throw new IntegerProgramError('PROGRAM_MALFORMED', `${node}: expected a multiple of ${width} bytes`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
