import { createRequire } from 'node:module';
import { BadInputError } from '../errors.ts';
import { SCALAR_FIELD } from '../field.ts';

export { SCALAR_FIELD };

/** The package reads the constants of a width when that is loaded, half a second for all sixteen. */
const require = createRequire(import.meta.url);

/** The first byte of a commitment's first word. One purpose so far: a tensor. */
export const TENSOR_PURPOSE = 1n;

/** Bits of a word that hold values: 253, so that every word is below the field's order. */
export const WORD_BITS = 253;

/** How a tensor is committed: its number of values and what each may be. */
export interface TensorSpec {
  /** 1 … 2^32 − 1. */
  readonly count: number;
  /** 1 … 32. */
  readonly bits: number;
  readonly signed: boolean;
}

/** Values that one word holds: ⌊253 / bits⌋. */
export function valuesPerWord(bits: number): number {
  return Math.floor(WORD_BITS / bits);
}

/** The domain word: purpose + 2^8 · signed + 2^16 · bits + 2^32 · count. */
export function domainWord({ count, bits, signed }: TensorSpec): bigint {
  return TENSOR_PURPOSE + (signed ? 1n << 8n : 0n) + (BigInt(bits) << 16n) + (BigInt(count) << 32n);
}

/**
 * Packs values into words of {@link valuesPerWord} each, the first value in the lowest bits, a signed v as
 * v + 2^(bits−1); the last word is padded with zeros.
 * @param values integers, `spec.count` of them
 * @throws BadInputError COMMITMENT_COUNT, COMMITMENT_RANGE: packing binds only values inside their bits
 */
export function packValues(spec: TensorSpec, values: ArrayLike<number>): bigint[] {
  if (values.length !== spec.count) {
    throw new BadInputError('COMMITMENT_COUNT', `expected ${spec.count} values, got ${values.length}`);
  }
  const perWord = valuesPerWord(spec.bits);
  const size = 2 ** spec.bits;
  const offset = spec.signed ? size / 2 : 0;
  const width = BigInt(spec.bits);
  const words: bigint[] = [];
  for (let start = 0; start < values.length; start += perWord) {
    let word = 0n;
    for (let i = Math.min(start + perWord, values.length) - 1; i >= start; i--) {
      const shifted = values[i] + offset;
      if (!Number.isInteger(shifted) || shifted < 0 || shifted >= size) {
        throw new BadInputError(
          'COMMITMENT_RANGE',
          `value ${i} is ${values[i]}, outside ${spec.signed ? 'signed' : 'unsigned'} ${spec.bits} bits`,
        );
      }
      word = (word << width) | BigInt(shifted);
    }
    words.push(word);
  }
  return words;
}

/**
 * The values that words hold, the inverse of {@link packValues}; of other words something else, which hashes otherwise.
 * @param words ⌈count / {@link valuesPerWord}⌉ of them; more are left, of fewer the missing are zero
 */
export function unpackValues({ count, bits, signed }: TensorSpec, words: readonly bigint[]): Float64Array {
  const perWord = valuesPerWord(bits);
  const mask = (1n << BigInt(bits)) - 1n;
  const offset = signed ? 2 ** (bits - 1) : 0;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const word = words[Math.floor(i / perWord)] ?? 0n;
    values[i] = Number((word >> BigInt((i % perWord) * bits)) & mask) - offset;
  }
  return values;
}

/** circomlib's Poseidon of 1 … 16 inputs. */
export function poseidon(inputs: readonly bigint[]): bigint {
  const arity = inputs.length;
  if (arity < 1 || arity > 16) {
    throw new BadInputError('POSEIDON_ARITY', `expected 1 to 16 inputs, got ${arity}`);
  }
  const { [`poseidon${arity}`]: hash } = require(`poseidon-lite/poseidon${arity}`) as Readonly<
    Record<string, (inputs: readonly bigint[]) => bigint>
  >;
  return hash(inputs);
}

/**
 * Hashes words as protocol and circuit do: up to 5 words in one Poseidon of just that many inputs (cheap on
 * chain); more: h = Poseidon of the first 16 (zeros at the end), then h = Poseidon(h, next 15, zeros at the end).
 */
export function hashWords(words: readonly bigint[]): bigint {
  if (words.length <= 5) return poseidon(words);
  const take = (start: number, size: number): bigint[] =>
    Array.from({ length: size }, (_, i) => words[start + i] ?? 0n);
  let hash = poseidon(take(0, 16));
  for (let start = 16; start < words.length; start += 15) hash = poseidon([hash, ...take(start, 15)]);
  return hash;
}

/**
 * The commitment to a tensor: the hash of its domain word, its salt and its packed values.
 * @param salt a fresh uniform field element, never derived from data: it hides values of low entropy
 * @throws BadInputError COMMITMENT_SALT, COMMITMENT_COUNT, COMMITMENT_RANGE
 */
export function commitTensor(spec: TensorSpec, values: ArrayLike<number>, salt: bigint): bigint {
  if (salt < 0n || salt >= SCALAR_FIELD) {
    throw new BadInputError('COMMITMENT_SALT', 'expected a salt below the order of the scalar field');
  }
  return hashWords([domainWord(spec), salt, ...packValues(spec, values)]);
}

/**
 * A salt: a uniform element of the scalar field, by rejection.
 * @param randomBytes a cryptographic source, e.g. node:crypto's
 */
export function sampleSalt(randomBytes: (size: number) => Uint8Array): bigint {
  for (;;) {
    const bytes = randomBytes(32);
    bytes[0] &= 0x3f;
    const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    if (value < SCALAR_FIELD) return value;
  }
}

/** The least and the largest value that a tensor of this spec may hold, both included. */
export function boundsOfSpec({ bits, signed }: Pick<TensorSpec, 'bits' | 'signed'>): {
  readonly low: number;
  readonly high: number;
} {
  return signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 };
}
