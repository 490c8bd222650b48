import { SCALAR_FIELD } from '../formats/bn254.ts';

/** A primitive root of unity of order `size`, the one that snarkjs takes: 5 is the least non-residue of r. */
export function rootOfUnity(size: number): bigint {
  let base = 5n;
  let result = 1n;
  for (let exponent = (SCALAR_FIELD - 1n) / BigInt(size); exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % SCALAR_FIELD;
    base = (base * base) % SCALAR_FIELD;
  }
  return result;
}
