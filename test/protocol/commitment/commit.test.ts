import { randomBytes } from 'node:crypto';
import { buildPoseidon } from 'circomlibjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundsOfSpec,
  commitTensor,
  hashWords,
  packValues,
  sampleSalt,
  SCALAR_FIELD,
  unpackValues,
  valuesPerWord,
} from '../../../protocol/commitment/commit.ts';

const specs = fc.record({
  count: fc.integer({ min: 1, max: 700 }),
  bits: fc.integer({ min: 1, max: 32 }),
  signed: fc.boolean(),
});

const tensors = specs.chain((spec) => {
  const { low, high } = boundsOfSpec(spec);
  return fc.tuple(
    fc.constant(spec),
    fc.array(fc.integer({ min: low, max: high }), { minLength: spec.count, maxLength: spec.count }),
  );
});

describe('packValues', () => {
  it('keeps every value, in words below the field', () => {
    fc.assert(
      fc.property(tensors, ([spec, values]) => {
        const words = packValues(spec, values);
        expect([...unpackValues(spec, words)]).toEqual(values);
        expect(words.length).toBe(Math.ceil(spec.count / valuesPerWord(spec.bits)));
        for (const word of words) expect(word < 1n << 253n).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [{ count: 1, bits: 8, signed: false }, 256],
    [{ count: 1, bits: 8, signed: false }, -1],
    [{ count: 1, bits: 8, signed: true }, 128],
    [{ count: 1, bits: 8, signed: true }, -129],
    [{ count: 1, bits: 8, signed: false }, 0.5],
    [{ count: 1, bits: 8, signed: false }, NaN],
  ])('refuses what is outside %o: %d', (spec, value) => {
    expect(() => packValues(spec, [value])).toThrow(expect.objectContaining({ code: 'COMMITMENT_RANGE' }));
  });

  it('refuses another number of values', () => {
    expect(() => packValues({ count: 3, bits: 8, signed: false }, [1, 2])).toThrow(
      expect.objectContaining({ code: 'COMMITMENT_COUNT' }),
    );
  });
});

describe('hashWords', () => {
  it('is circomlib’s Poseidon up to 5 words, and a chain of Poseidon(16) beyond', async () => {
    const poseidon = await buildPoseidon();
    const reference = (words: readonly bigint[]): bigint => poseidon.F.toObject(poseidon([...words]));
    const words = Array.from({ length: 40 }, (_, i) => BigInt(i + 1));
    for (let length = 1; length <= 5; length++) {
      expect(hashWords(words.slice(0, length))).toBe(reference(words.slice(0, length)));
    }
    const padded = (from: number, size: number): bigint[] =>
      Array.from({ length: size }, (_, i) => words[from + i] ?? 0n);
    const first = reference(padded(0, 16));
    const second = reference([first, ...padded(16, 15)]);
    expect(hashWords(words)).toBe(reference([second, ...padded(31, 15)]));
  });
});

describe('commitTensor', () => {
  it('tells apart what packs to the same words', () => {
    const commit = (bits: number, values: number[], signed = false): bigint =>
      commitTensor({ count: values.length, bits, signed }, values, 7n);
    const all = [
      commit(8, [5, 9]),
      commit(8, [5, 9, 0, 0]),
      commit(16, [2309]),
      commit(8, [5 - 128, 9 - 128], true),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('hides behind the salt, and refuses one that is no field element', () => {
    const spec = { count: 1, bits: 1, signed: false };
    expect(commitTensor(spec, [1], 1n)).not.toBe(commitTensor(spec, [1], 2n));
    expect(() => commitTensor(spec, [1], SCALAR_FIELD)).toThrow(
      expect.objectContaining({ code: 'COMMITMENT_SALT' }),
    );
    expect(() => commitTensor(spec, [1], -1n)).toThrow(expect.objectContaining({ code: 'COMMITMENT_SALT' }));
  });
});

describe('sampleSalt', () => {
  it('draws field elements, and draws again when the source gives too much', () => {
    const tooLarge = new Uint8Array(32).fill(0xff);
    const fine = new Uint8Array(32).fill(1);
    const answers = [tooLarge, fine];
    expect(sampleSalt(() => Uint8Array.from(answers.shift()!))).toBe(BigInt(`0x${'01'.repeat(32)}`));
    expect(sampleSalt(randomBytes)).toBeLessThan(SCALAR_FIELD);
  });

  it('draws fresh ones, uniform in the field: sixteen equal parts of it are met alike', () => {
    const draws = 4096;
    const parts = new Array<number>(16).fill(0);
    const salts = Array.from({ length: draws }, () => sampleSalt(randomBytes));
    expect(new Set(salts).size).toBe(draws);
    for (const salt of salts) parts[Number((salt * 16n) / SCALAR_FIELD)]++;
    const expected = draws / parts.length;
    const chiSquare = parts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Fifteen degrees of freedom: above 77 once in 10^9 runs.
    expect(chiSquare).toBeLessThan(77);
  });

  it('uses every bit of the source below 2^254', () => {
    const of = (bit: number): bigint => {
      const bytes = new Uint8Array(32);
      bytes[31 - (bit >> 3)] = 1 << (bit & 7);
      return sampleSalt(() => bytes);
    };
    for (let bit = 0; bit < 253; bit++) expect(of(bit)).toBe(1n << BigInt(bit));
  });
});
