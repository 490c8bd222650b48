import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTES, loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { rootOfUnity } from '../../../groth16/curve/root-of-unity.ts';
import { SCALAR_FIELD, readLittleEndian } from '../../../groth16/formats/bn254.ts';
import { availableKernels, createBn254Kernel } from '../../../groth16/kernel/bn254-kernel.ts';
import { inverseMod } from '../../../groth16/kernel/modulus.ts';
import { reverseBits } from '../../../groth16/kernel/transforms.ts';
import { mod } from '../formats/circuits.ts';
import { scalarBytes } from '../prove/native-js/points.ts';

const kernels = await Promise.all(
  availableKernels().map(async (kernel) => {
    const curve = await loadBn254();
    return { name: kernel.name, curve, transforms: createBn254Kernel(curve, kernel).transforms };
  }),
);

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

/** (A·B − C)/N on the odd coset, where C interpolates A∘B. */
function expected(a: readonly bigint[], b: readonly bigint[]): readonly bigint[] {
  const size = BigInt(a.length);
  const [left, right] = [naive(a), naive(b)];
  const product = naive(a.map((value, i) => mod(value * b[i])));
  const scale = inverseMod(size * size, SCALAR_FIELD);
  return left.map((value, i) => mod((value * right[i] - size * product[i]) * scale));
}

describe.each(kernels)('quotients by the kernel $name', ({ curve, transforms }) => {
  const ours = (a: readonly bigint[], b: readonly bigint[]): readonly bigint[] =>
    curve.scratch(() => {
      const bits = Math.log2(a.length);
      const vectors = transforms(a.length);
      const at = curve.alloc(a.length * BYTES.field);
      const entered = [a, b].map((values) => {
        const reversed = values.map((_, place) => values[reverseBits(place, bits)]);
        curve.bytes(at, values.length * BYTES.field).set(scalarBytes(reversed));
        curve.fn.frm_batchToMontgomery(at, values.length, at);
        const vector = curve.alloc(vectors.bytes);
        vectors.enter(at, vector);
        return vector;
      });
      const product = curve.alloc(vectors.bytes);
      vectors.multiply(entered[0], entered[1], product);
      for (const vector of [...entered, product]) vectors.toCoset(vector);
      vectors.quotient(entered[0], entered[1], product, at);
      const out = curve.bytes(at, a.length * BYTES.field);
      return a.map((_, i) => readLittleEndian(out, reverseBits(i, bits) * BYTES.field));
    });

  it.each([0, 1, 2, 3, 4, 5])('equal evaluation term by term for 2^%i values', (bits) => {
    const element = fc.oneof(
      fc.constantFrom(0n, 1n, SCALAR_FIELD - 1n),
      fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
    );
    const values = fc.array(element, { minLength: 2 ** bits, maxLength: 2 ** bits });
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(ours(a, b)).toEqual(expected(a, b));
      }),
      { numRuns: 6 },
    );
  });
});

it('reverses bits', () => {
  expect([0, 1, 2, 3, 6].map((value) => reverseBits(value, 3))).toEqual([0, 4, 2, 6, 3]);
  expect(reverseBits(0, 0)).toBe(0);
});
