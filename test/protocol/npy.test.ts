import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../../protocol/npy.ts';

/** A file with this header text, as NumPy 1.0 of the format lays it out. */
function fileOf(header: string, values: readonly number[], version = 1): Uint8Array {
  const length = version === 1 ? [header.length, 0] : [header.length, 0, 0, 0];
  return Uint8Array.of(
    0x93,
    ...Buffer.from('NUMPY'),
    version,
    0,
    ...length,
    ...Buffer.from(header),
    ...values,
  );
}

const BYTES = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";

describe('npy files', () => {
  it('come back as they were written, packed or not', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(shape, fc.boolean(), fc.boolean(), (sizes, floats, packed) => {
        const length = sizes.reduce((product, size) => product * size, 1);
        const values = Array.from({ length }, (_, i) => (i * 37) % 256);
        const array = {
          shape: sizes,
          data: floats ? Float32Array.from(values, Math.sqrt) : Uint8Array.from(values),
        };
        const file = writeNpy(array);
        expect((file.length - array.data.byteLength) % 64).toBe(0);
        expect(readNpy(packed ? gzipSync(file) : file)).toStrictEqual({
          ...array,
          dtype: floats ? 'f4' : 'u1',
        });
      }),
    );
  });

  it('are read with the headers that NumPy writes', () => {
    for (const version of [1, 2]) {
      const { shape, data } = readNpy(fileOf(BYTES, [1, 2, 3, 4, 5, 6], version));
      expect(shape).toEqual([2, 3]);
      expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    }
    expect(readNpy(fileOf(BYTES.replace('(2, 3)', '(1,)'), [9])).shape).toEqual([1]);
  });

  it.each<[string, readonly number[], readonly number[]]>([
    ['|b1', [0, 1, 2], [0, 1, 1]],
    ['|i1', [255, 0, 127], [-1, 0, 127]],
    ['<i2', [0xfe, 0xff, 1, 2], [-2, 513]],
    ['>i2', [0xff, 0xfe, 2, 1], [-2, 513]],
    ['<u2', [0xfe, 0xff], [65534]],
    ['>u4', [0xff, 0xff, 0xff, 0xfe], [4294967294]],
    ['<i4', [0xfe, 0xff, 0xff, 0xff], [-2]],
    ['<i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [-1]],
    ['>u8', [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [2 ** 53 - 1]],
    // 1, −2, the largest, the least above zero
    ['<f2', [0, 0x3c, 0, 0xc0, 0xff, 0x7b, 1, 0], [1, -2, 65504, 2 ** -24]],
    ['>f4', [0x3f, 0x80, 0, 0], [1]],
    ['<f8', [0, 0, 0, 0, 0, 0, 0xf0, 0xbf], [-1]],
  ])('are read as %s', (dtype, bytes, expected) => {
    const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${expected.length},), }`;
    expect([...readNpy(fileOf(header, bytes)).data]).toEqual(expected);
  });

  it('come row-major out of Fortran order', () => {
    const { shape, data } = readNpy(fileOf(BYTES.replace('False', 'True'), [1, 4, 2, 5, 3, 6]));
    expect([shape, [...data]]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['another file', Uint8Array.from(Buffer.from('PK\u0003\u0004 and so on')), /does not start with/],
    ['an empty file', new Uint8Array(0), /does not start with/],
    ['complex numbers', fileOf(BYTES.replace('|u1', '<c8'), []), /dtype is c8/],
    ['text', fileOf(BYTES.replace('|u1', '<U3'), []), /dtype is U3/],
    ['a dtype that objects inherit', fileOf(BYTES.replace('|u1', '<toString'), []), /its header is/],
    [
      'integers that no float holds',
      fileOf("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", [1, 0, 0, 0, 0, 0, 0x20, 0]),
      /value 0 is 9007199254740993/,
    ],
    ['a header that says two things', fileOf(BYTES.replace('{', "{'descr': '<f8', "), []), /its header is/],
    ['a format of the future', fileOf(BYTES, [1, 2, 3, 4, 5, 6], 9), /version 9, not 1, 2 or 3/],
    ['a header without a shape', fileOf("{'descr': '|u1'}", []), /its header is/],
    ['missing values', fileOf(BYTES, [1, 2, 3]), /expected 6 bytes of values for 2×3, got 3/],
    ['a damaged gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3), /can't be unpacked/],
  ])('refuse %s', (_, file, problem) => {
    expect(() => readNpy(file)).toThrow(
      expect.objectContaining({ code: 'NPY_INVALID', message: expect.stringMatching(problem) as string }),
    );
  });
});
