import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { FormatError } from '../../../groth16/formats/errors.ts';
import { readWitness, witnessLength, writeWitness } from '../../../groth16/formats/witness-file.ts';
import { codeOf, patched } from './bytes.ts';

const values = fc.array(fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }), { maxLength: 40 });
const HEADER = 24;
const VALUES = HEADER + 40 + 12;

describe('.wtns files', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(values, (witness) => {
        const bytes = writeWitness(witness);
        expect(readWitness(bytes)).toEqual(witness);
        expect(witnessLength(bytes)).toBe(witness.length);
        expect(writeWitness(bytes.subarray(VALUES))).toEqual(bytes);
      }),
    );
  });

  it.each([-1n, SCALAR_FIELD, 1n << 256n])('are not written with the value %s', (value) => {
    expect(codeOf(() => writeWitness([1n, value]))).toBe('WITNESS_VALUE');
  });

  it('hold the largest value and refuse the next', () => {
    const bytes = writeWitness([1n, SCALAR_FIELD - 1n]);
    expect(readWitness(bytes)).toEqual([1n, SCALAR_FIELD - 1n]);
    writeLittleEndian(bytes, VALUES + 32, SCALAR_FIELD);
    expect(codeOf(() => readWitness(bytes))).toBe('WITNESS_VALUE');
    expect(codeOf(() => writeWitness(bytes.subarray(VALUES)))).toBe('WITNESS_VALUE');
    expect(codeOf(() => writeWitness(bytes.subarray(VALUES + 1)))).toBe('WITNESS_LENGTH');
  });

  it('are refused when cut short anywhere', () => {
    const bytes = writeWitness([1n, 2n, 3n]);
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => readWitness(bytes.subarray(0, length)))).toMatch(/^FORMAT_/);
    }
  });

  it.each([
    ['FORMAT_MAGIC', 0, [0]],
    ['FORMAT_VERSION', 4, [1]],
    ['WITNESS_FIELD', HEADER, [31]],
    ['WITNESS_FIELD', HEADER + 4, [0]],
    ['FORMAT_SECTION_LENGTH', HEADER + 36, [0xff, 0xff, 0xff, 0xff]],
  ] as const)('are refused as %s with other bytes at %i', (code, at, bytes) => {
    expect(codeOf(() => readWitness(patched(writeWitness([1n, 2n]), at, bytes)))).toBe(code);
  });

  it('never fail but by name, whatever byte is changed', () => {
    const bytes = writeWitness([1n, 2n, 3n]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        try {
          readWitness(bytes.with(at, bytes[at] ^ flip));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
