import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTES, loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import { rootOfUnity } from '../../../../groth16/curve/root-of-unity.ts';
import { SCALAR_FIELD, readLittleEndian } from '../../../../groth16/formats/bn254.ts';
import { createTransformLoops } from '../../../../groth16/prove/native-js/loops.ts';
import { createCosetTransform, reverseBits } from '../../../../groth16/prove/native-js/transform.ts';
import { mod } from '../../formats/circuits.ts';
import { scalarBytes } from './points.ts';

const curve = await loadBn254();
const loops = createTransformLoops(curve, curve.alloc(BYTES.field));

function power(base: bigint, exponent: number): bigint {
  let result = 1n;
  for (let i = 0; i < exponent; i++) result = mod(result * base);
  return result;
}

/** N · P(ψ^(2i+1)) for the polynomial with these values on the N-th roots of unity, term by term. */
function naive(values: readonly bigint[]): readonly bigint[] {
  const size = values.length;
  const psi = rootOfUnity(2 * size);
  const root = mod(psi * psi);
  // The coefficients times N: Σ_i value_i · w^(−ik), where w^N = 1.
  const coefficients = values.map((_, k) =>
    mod(values.reduce((sum, value, i) => sum + value * power(root, (size * k - i * k) % size), 0n)),
  );
  return values.map((_, i) =>
    mod(coefficients.reduce((sum, value, k) => sum + value * power(psi, ((2 * i + 1) * k) % (2 * size)), 0n)),
  );
}

function ours(values: readonly bigint[]): readonly bigint[] {
  return curve.scratch(() => {
    const bits = Math.log2(values.length);
    const reversed = values.map((_, place) => values[reverseBits(place, bits)]);
    const transform = createCosetTransform(curve, loops, values.length);
    const at = curve.alloc(values.length * BYTES.field);
    curve.bytes(at, values.length * BYTES.field).set(scalarBytes(reversed));
    curve.fn.frm_batchToMontgomery(at, values.length, at);
    transform.toCoset(at);
    curve.fn.frm_batchFromMontgomery(at, values.length, at);
    const out = curve.bytes(at, values.length * BYTES.field);
    return values.map((_, i) => readLittleEndian(out, reverseBits(i, bits) * BYTES.field));
  });
}

describe('the transform to the odd coset', () => {
  it.each([0, 1, 2, 3, 4, 5])('equals evaluation term by term for 2^%i values', (bits) => {
    const element = fc.oneof(
      fc.constantFrom(0n, 1n, SCALAR_FIELD - 1n),
      fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
    );
    const values = fc.array(element, { minLength: 2 ** bits, maxLength: 2 ** bits });
    fc.assert(
      fc.property(values, (list) => {
        expect(ours(list)).toEqual(naive(list));
      }),
      { numRuns: 10 },
    );
  });

  it('reverses bits', () => {
    expect([0, 1, 2, 3, 6].map((value) => reverseBits(value, 3))).toEqual([0, 4, 2, 6, 3]);
    expect(reverseBits(0, 0)).toBe(0);
  });
});
