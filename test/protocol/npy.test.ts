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
        expect(readNpy(packed ? gzipSync(file) : file)).toStrictEqual(array);
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

  it.each<[string, Uint8Array, RegExp]>([
    ['another file', Uint8Array.from(Buffer.from('PK\u0003\u0004 and so on')), /does not start with/],
    ['an empty file', new Uint8Array(0), /does not start with/],
    ['64-bit floats', fileOf(BYTES.replace('|u1', '<f8'), []), /dtype is <f8/],
    ['Fortran order', fileOf(BYTES.replace('False', 'True'), []), /Fortran order/],
    ['a header without a shape', fileOf("{'descr': '|u1'}", []), /its header is/],
    ['missing values', fileOf(BYTES, [1, 2, 3]), /expected 6 bytes of values for 2×3, got 3/],
    ['a damaged gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3), /can't be unpacked/],
  ])('refuse %s', (_, file, problem) => {
    expect(() => readNpy(file)).toThrow(
      expect.objectContaining({ code: 'NPY_INVALID', message: expect.stringMatching(problem) as string }),
    );
  });
});
