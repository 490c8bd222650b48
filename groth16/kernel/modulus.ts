import type { Shape } from './machine.ts';

/** The constants of one field in one shape. */
export interface Modulus {
  readonly p: bigint;
  /** p in balanced limbs. */
  readonly limbs: readonly bigint[];
  /** p in limbs that are not negative. */
  readonly digits: readonly bigint[];
  /** −1/p mod 2^bits, balanced. */
  readonly inverse: bigint;
  /** 2^−bits mod p, the one nearer to zero, in balanced limbs. */
  readonly fold: readonly bigint[];
}

/** @param p odd, with bits · (limbs − 1) < log2 p < bits · limbs − 1 */
export function modulusOf(p: bigint, shape: Shape): Modulus {
  const radix = 1n << BigInt(shape.bits);
  return {
    p,
    limbs: balancedLimbs(p, shape),
    digits: Array.from({ length: shape.limbs }, (_, j) => (p >> BigInt(shape.bits * j)) % radix),
    inverse: nearestToZero(-inverseMod(p, radix), radix),
    fold: balancedLimbs(nearestToZero(inverseMod(radix, p), p), shape),
  };
}

/** The limbs of a number, all but the last in [−2^(bits − 1), 2^(bits − 1)). */
export function balancedLimbs(value: bigint, { bits, limbs }: Shape): readonly bigint[] {
  const radix = 1n << BigInt(bits);
  const out: bigint[] = [];
  let rest = value;
  for (let j = 0; j < limbs - 1; j++) {
    const limb = nearestToZero(rest, radix);
    out.push(limb);
    rest = (rest - limb) / radix;
  }
  return [...out, rest];
}

/** a mod m, not negative. */
export function mod(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m;
}

function nearestToZero(a: bigint, m: bigint): bigint {
  const least = mod(a, m);
  return 2n * least >= m ? least - m : least;
}

/** a^−1 mod m by Euclid's algorithm, for a prime to m. */
export function inverseMod(a: bigint, m: bigint): bigint {
  let [r0, r1, t0, t1] = [m, mod(a, m), 0n, 1n];
  while (r1 > 0n) {
    const q = r0 / r1;
    [r0, r1, t0, t1] = [r1, r0 - q * r1, t1, t0 - q * t1];
  }
  return mod(t0, m);
}
