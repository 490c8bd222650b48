import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian } from '../../formats/bn254.ts';
import { ProveError } from '../errors.ts';

/** 32-bit words of a scalar, least first. */
export const SCALAR_WORDS = FIELD_BYTES / 4;

/** Scalars as the one of v and r − v that is smaller, so that small negative numbers are small too. */
export interface SignedScalars {
  /** Absolute values, {@link SCALAR_WORDS} words each. */
  readonly words: Uint32Array;
  /** One where the scalar is r − words. */
  readonly negative: Uint8Array;
  /** Bits of the absolute value; zero for a zero scalar, at most 253. */
  readonly bits: Uint8Array;
}

const ORDER = Uint32Array.from({ length: SCALAR_WORDS }, (_, word) =>
  Number((SCALAR_FIELD >> BigInt(32 * word)) & 0xffff_ffffn),
);

/**
 * Canonical scalars, 32 bytes little-endian each, as signed numbers.
 *
 * @throws ProveError PROVE_SCALAR_RANGE when one is not below r
 */
export function signedScalars(scalars: Uint8Array): SignedScalars {
  const count = scalars.length / FIELD_BYTES;
  // A copy of its own: aligned, and changed below. (A Buffer's slice would be none.)
  const words = new Uint32Array(new Uint8Array(scalars).buffer);
  const negative = new Uint8Array(count);
  const bits = new Uint8Array(count);
  const opposite = new Uint32Array(SCALAR_WORDS);
  for (let index = 0, at = 0; index < count; index++, at += SCALAR_WORDS) {
    let top = SCALAR_WORDS - 1;
    while (top >= 0 && words[at + top] === 0) top--;
    if (top < 0) continue;
    if (top === SCALAR_WORDS - 1 && words[at + top] > ORDER[top] >>> 1) {
      if (!subtractFromOrder(words, at, opposite)) throw outOfRange(scalars, index);
      words.set(opposite, at);
      negative[index] = 1;
      while (top >= 0 && words[at + top] === 0) top--;
      if (top < 0) throw outOfRange(scalars, index);
    }
    bits[index] = 32 * (top + 1) - Math.clz32(words[at + top]);
  }
  return { words, negative, bits };
}

/** out = r − value; false when the value is above r. */
function subtractFromOrder(words: Uint32Array, at: number, out: Uint32Array): boolean {
  let borrow = 0;
  for (let word = 0; word < SCALAR_WORDS; word++) {
    const difference = ORDER[word] - words[at + word] - borrow;
    borrow = difference < 0 ? 1 : 0;
    out[word] = difference;
  }
  return borrow === 0;
}

function outOfRange(scalars: Uint8Array, index: number): ProveError {
  const value = readLittleEndian(scalars, index * FIELD_BYTES);
  return new ProveError(
    'PROVE_SCALAR_RANGE',
    `wire ${index} of the witness should be below r, it is ${value}`,
  );
}
