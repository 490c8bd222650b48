import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import { cutScalars } from '../../../../groth16/prove/native-js/digits.ts';
import { SCALAR_WORDS, signedScalars } from '../../../../groth16/prove/native-js/scalars.ts';
import type { SignedScalars } from '../../../../groth16/prove/native-js/scalars.ts';
import { chooseWindows } from '../../../../groth16/prove/native-js/windows.ts';
import { scalarBytes } from './points.ts';

const R = SCALAR_FIELD;

function absolute({ words }: SignedScalars, index: number): bigint {
  let value = 0n;
  for (let word = SCALAR_WORDS - 1; word >= 0; word--) {
    value = (value << 32n) | BigInt(words[index * SCALAR_WORDS + word]);
  }
  return value;
}

const anyScalar = fc.oneof(
  fc.constantFrom(0n, 1n, R - 1n, (R - 1n) / 2n, (R + 1n) / 2n, (1n << 253n) - 1n, 1n << 253n),
  fc.bigInt({ min: 0n, max: R - 1n }),
  fc.nat(253).chain((bits) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })),
);

describe('signed scalars', () => {
  it('are v or v − r, whichever is nearer to zero, with their number of bits', () => {
    fc.assert(
      fc.property(anyScalar, (scalar) => {
        const signed = signedScalars(scalarBytes([scalar]));
        const value = absolute(signed, 0);
        expect(signed.negative[0] === 1 ? R - value : value).toBe(scalar);
        expect(signed.bits[0]).toBe(value === 0n ? 0 : value.toString(2).length);
        expect(signed.bits[0]).toBeLessThanOrEqual(253);
      }),
    );
    expect(absolute(signedScalars(scalarBytes([R - 5n])), 0)).toBe(5n);
  });

  it.each([R, R + 1n, 2n * R, (1n << 256n) - 1n])('refuse %s', (scalar) => {
    expect(() => signedScalars(scalarBytes([1n, scalar]))).toThrow(
      expect.objectContaining({ code: 'PROVE_SCALAR_RANGE' }),
    );
  });
});

describe('digits', () => {
  it('give the scalar back for any window, each scalar in as many windows as it needs', () => {
    fc.assert(
      fc.property(
        fc.array(anyScalar, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 2, max: 16 }),
        (list, bits) => {
          const signed = signedScalars(scalarBytes(list));
          const count = Math.ceil((Math.max(...signed.bits) + 1) / bits);
          const { order, reaching, digitsOf } = cutScalars(signed, Uint32Array.from(list.keys()), {
            bits,
            count,
          });
          expect([...order].sort((a, b) => a - b)).toEqual(
            [...list.keys()].filter((index) => list[index] !== 0n),
          );
          const windows = Array.from({ length: count }, (_, window) => {
            const digits = new Int32Array(order.length);
            digitsOf(window, digits);
            return digits;
          });
          order.forEach((index, place) => {
            let sum = 0n;
            for (let window = 0; window < count; window++) {
              const value = windows[window][place];
              expect(Math.abs(value)).toBeLessThanOrEqual(2 ** (bits - 1));
              if (place >= reaching[window]) expect(value).toBe(0);
              sum += BigInt(value) << BigInt(bits * window);
            }
            expect(sum).toBe(absolute(signed, index));
          });
        },
      ),
    );
  });
});

describe('windows', () => {
  it('cover the longest scalar, widen with the number of scalars and not with small ones', () => {
    const lengths = (entries: readonly (readonly [bits: number, count: number])[]): Uint32Array => {
      const counted = new Uint32Array(256);
      for (const [bits, count] of entries) counted[bits] = count;
      return counted;
    };
    for (const count of [1, 100, 10_000, 1_000_000]) {
      const { bits, count: windows } = chooseWindows(lengths([[253, count]]));
      expect(bits * windows).toBeGreaterThanOrEqual(254);
      expect(bits * (windows - 1)).toBeLessThan(254);
    }
    const few = chooseWindows(lengths([[253, 100]]));
    expect(chooseWindows(lengths([[253, 65_536]])).bits).toBeGreaterThan(few.bits);
    expect(
      chooseWindows(
        lengths([
          [1, 65_536],
          [253, 100],
        ]),
      ).bits,
    ).toBe(few.bits);
    expect(chooseWindows(lengths([]))).toMatchObject({ count: 1 });
  });
});
