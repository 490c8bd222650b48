import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { BYTES } from '../../curve/bn254-wasm.ts';
import { rootOfUnity } from '../../curve/root-of-unity.ts';
import { SCALAR_FIELD, writeLittleEndian } from '../../formats/bn254.ts';
import type { TransformLoops } from './loops.ts';

const FIELD = BYTES.field;

/**
 * From a polynomial's values on the N-th roots of unity to N times its values on their odd coset: the points
 * ψ^(2i + 1) with ψ of order 2N. Both ends are in bit-reversed order: no pass is spent on putting it right.
 */
export interface CosetTransform {
  /** Works in place on N Montgomery elements. */
  toCoset(values: number): void;
}

/**
 * The twiddle factors for one domain size, in the order in which the butterflies take them: splitting
 * X^2t − s² into X^t − s and X^t + s, the roots s of level m stand in bit-reversed order of their exponents.
 * For X^N − 1 every level begins with the same roots; for X^N + 1 = X^N − ψ^N the levels follow each other.
 */
export function createCosetTransform(
  curve: Bn254,
  loops: TransformLoops,
  domainSize: number,
): CosetTransform {
  const { frm_mul, frm_copy } = curve.fn;
  const power = Math.log2(domainSize);
  const put = (value: bigint): number => {
    const at = curve.alloc(FIELD);
    writeLittleEndian(curve.bytes(at, FIELD), 0, value);
    curve.fn.frm_toMontgomery(at, at);
    return at;
  };
  /** table[i] = base^(i with its `bits` bits reversed). */
  const powers = (base: bigint, bits: number): number => {
    const table = curve.alloc(FIELD * 2 ** bits);
    curve.scratch(() => {
      const step = put(base);
      const current = put(1n);
      for (let exponent = 0; exponent < 2 ** bits; exponent++) {
        frm_copy(current, table + reverseBits(exponent, bits) * FIELD);
        frm_mul(current, step, current);
      }
    });
    return table;
  };
  const inverseRoots = powers(inverseRoot(domainSize), Math.max(power - 1, 0));
  const cosetRoots = powers(rootOfUnity(2 * domainSize), power);
  return {
    toCoset(values) {
      loops.inverse(values, domainSize * FIELD, inverseRoots);
      loops.forward(values, domainSize * FIELD, cosetRoots);
    },
  };
}

/** w^−1 = w^(N − 1). */
function inverseRoot(domainSize: number): bigint {
  const root = rootOfUnity(domainSize);
  let result = 1n;
  let base = root;
  for (let exponent = domainSize - 1; exponent > 0; exponent >>>= 1) {
    if (exponent & 1) result = (result * base) % SCALAR_FIELD;
    base = (base * base) % SCALAR_FIELD;
  }
  return result;
}

/** The lowest `bits` bits of a number in reverse order. */
export function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed;
}
