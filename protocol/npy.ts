import { gunzipSync } from 'node:zlib';
import { BadInputError } from './errors.ts';

/** An array out of a NumPy file: row-major values and their shape. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

/** Largest file that is read, unpacked: 256 MiB. */
const LARGEST = 2 ** 28;

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** What the header's Python literal must say; keys come in this order from NumPy itself and from others. */
const DTYPE = /'descr':\s*'([<>|=]?[a-z]\d+)'/;
const ORDER = /'fortran_order':\s*(True|False)/;
const SHAPE = /'shape':\s*\(([\d,\s]*)\)/;

function refuse(problem: string): BadInputError {
  return new BadInputError('NPY_INVALID', `not a NumPy file that can be read: ${problem}`, {
    hint: "Save the array with numpy.save, as dtype 'uint8' or 'float32' in C order.",
  });
}

function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch (cause) {
    throw new BadInputError('NPY_INVALID', `the gzip file can't be unpacked: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Reads a `.npy` file, as it is or packed with gzip: bytes (`uint8`) or little-endian 32-bit floats
 * (`float32`), row-major. Throws BadInputError NPY_INVALID.
 */
export function readNpy(packed: Uint8Array): NpyArray {
  const bytes = unpack(packed);
  if (bytes.length > LARGEST) throw refuse(`${bytes.length} bytes, at most ${LARGEST} are read`);
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw refuse('it does not start with \\x93NUMPY');

  // Version 1 has a 16-bit header length, versions 2 and 3 a 32-bit one.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  const headerLength = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + headerLength));
  const [dtype, order, dimensions] = [DTYPE, ORDER, SHAPE].map((pattern) => pattern.exec(header)?.[1]);
  if (dtype === undefined || dimensions === undefined)
    throw refuse(`its header is ${JSON.stringify(header.trim())}`);
  if (order !== 'False') throw refuse('its values are in Fortran order');
  if (dtype !== '|u1' && dtype !== '<f4') throw refuse(`its dtype is ${dtype}`);

  const shape = dimensions
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  // A copy: a Buffer's bytes may lie anywhere in memory, 32-bit floats may not.
  const body = new Uint8Array(bytes.subarray(start + headerLength));
  const expected = count * (dtype === '<f4' ? 4 : 1);
  if (body.length !== expected)
    throw refuse(`expected ${expected} bytes of values for ${shape.join('×')}, got ${body.length}`);
  return { shape, data: dtype === '<f4' ? new Float32Array(body.buffer) : body };
}

/** The array as a `.npy` file of version 1, values starting at a multiple of 64 bytes as NumPy does it. */
export function writeNpy({ shape, data }: NpyArray): Uint8Array {
  const dtype = data instanceof Float32Array ? '<f4' : '|u1';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const literal = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const file = new Uint8Array(start + data.byteLength).fill(0x20);
  file.set(MAGIC);
  file.set([1, 0, (start - 10) & 0xff, (start - 10) >> 8], 6);
  file.set(new TextEncoder().encode(literal), 10);
  file[start - 1] = 0x0a;
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}
