import { gunzipSync } from 'node:zlib';
import { BadInputError } from './errors.ts';

/** An array out of a NumPy file: row-major values and their shape. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Bytes (`uint8`) as they are; other numbers as floats that hold them exactly. */
  readonly data: Uint8Array | Float32Array | Float64Array;
}

/** Largest file that is read, unpacked: 256 MiB. */
const LARGEST = 2 ** 28;

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** What the header's Python literal must say; keys come in this order from NumPy itself and from others. */
const DTYPE = /'descr':\s*'([<>|=]?)([A-Za-z?]\d*)'/;
const ORDER = /'fortran_order':\s*(True|False)/;
const SHAPE = /'shape':\s*\(([\d,\s]*)\)/;
/** Each of them once. */
const KEYS = /'(?:descr|fortran_order|shape)':/g;

function refuse(problem: string): BadInputError {
  return new BadInputError('NPY_INVALID', `not a NumPy file that can be read: ${problem}`, {
    hint: 'Save an array of real numbers with numpy.save.',
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

type Read = (view: DataView, at: number, littleEndian: boolean) => number | bigint;

interface Kind {
  readonly bytes: number;
  readonly read: Read;
  /** Whether 32-bit floats hold all of its numbers. */
  readonly narrow: boolean;
}

/** The dtypes of real numbers, as NumPy writes them. */
const KINDS: Readonly<Record<string, Kind>> = {
  b1: { bytes: 1, narrow: true, read: (view, at) => Math.min(1, view.getUint8(at)) },
  i1: { bytes: 1, narrow: true, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, narrow: true, read: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, narrow: true, read: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, narrow: true, read: (view, at, little) => view.getUint16(at, little) },
  i4: { bytes: 4, narrow: false, read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, narrow: false, read: (view, at, little) => view.getUint32(at, little) },
  i8: { bytes: 8, narrow: false, read: (view, at, little) => view.getBigInt64(at, little) },
  u8: { bytes: 8, narrow: false, read: (view, at, little) => view.getBigUint64(at, little) },
  f2: { bytes: 2, narrow: true, read: (view, at, little) => halfFloat(view.getUint16(at, little)) },
  f4: { bytes: 4, narrow: true, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, narrow: false, read: (view, at, little) => view.getFloat64(at, little) },
};

/** IEEE 754's binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * Reads a `.npy` file, as it is or packed with gzip: real numbers of any dtype and byte order; what is in Fortran order
 * comes row-major, and `dtype` says what it was (`u1`, `f4`). Throws BadInputError NPY_INVALID, also for integers past 2^53.
 */
export function readNpy(packed: Uint8Array): NpyArray & { readonly dtype: string } {
  const bytes = unpack(packed);
  if (bytes.length > LARGEST) throw refuse(`${bytes.length} bytes, at most ${LARGEST} are read`);
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw refuse('it does not start with \\x93NUMPY');

  if (bytes[6] < 1 || bytes[6] > 3) throw refuse(`its format is version ${bytes[6]}, not 1, 2 or 3`);
  // Version 1 has a 16-bit header length, versions 2 and 3 a 32-bit one.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  const headerLength = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + headerLength));
  const [, order, dtype] = DTYPE.exec(header) ?? [];
  const fortran = ORDER.exec(header)?.[1];
  const dimensions = SHAPE.exec(header)?.[1];
  const whole = header.match(KEYS)?.length === 3;
  if (!whole || dtype === undefined || dimensions === undefined || fortran === undefined)
    throw refuse(`its header is ${JSON.stringify(header.trim().slice(0, 200))}`);
  if (!Object.hasOwn(KINDS, dtype))
    throw refuse(`its dtype is ${dtype}, not one of ${Object.keys(KINDS).join(' ')}`);

  const shape = dimensions
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const kind = KINDS[dtype];
  const body = bytes.subarray(start + headerLength);
  const expected = count * kind.bytes;
  if (body.length !== expected)
    throw refuse(`expected ${expected} bytes of values for ${shape.join('×')}, got ${body.length}`);
  const data =
    fortran === 'True' ? rowMajor(numbers(body, dtype, order), shape) : numbers(body, dtype, order);
  return { shape, dtype, data };
}

function numbers(body: Uint8Array, dtype: string, order: string): NpyArray['data'] {
  if (dtype === 'u1') return new Uint8Array(body);
  const { bytes, read, narrow } = KINDS[dtype];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const data = new (narrow ? Float32Array : Float64Array)(body.length / bytes);
  for (let i = 0; i < data.length; i++) {
    const value = read(view, i * bytes, order !== '>');
    data[i] = Number(value);
    if (typeof value === 'bigint' && !Number.isSafeInteger(data[i]))
      throw refuse(`its value ${i} is ${value}`);
  }
  return data;
}

/** Column-major values in row-major order. */
function rowMajor(columns: NpyArray['data'], shape: readonly number[]): NpyArray['data'] {
  const rows = columns.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const position = shape.map(() => 0);
  for (let i = 0; i < rows.length; i++) {
    rows[i] = columns[position.reduce((sum, at, axis) => sum + at * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0 && ++position[axis] === shape[axis]; axis--)
      position[axis] = 0;
  }
  return rows;
}

/** The array as a `.npy` file of version 1, values starting at a multiple of 64 bytes as NumPy does it. */
export function writeNpy({ shape, data }: NpyArray): Uint8Array {
  const dtype = data instanceof Uint8Array ? '|u1' : data instanceof Float32Array ? '<f4' : '<f8';
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
