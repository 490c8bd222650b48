import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../support/onnx-suite.ts';
import { randomOnnx } from '../../support/random-onnx.ts';

const DEEP = Boolean(process.env.SLICEPROOF_DEEP);

describe('any ONNX file', () => {
  it('is planned and gives what ONNX Runtime gives within the error that is stated, or is refused by name', async () => {
    const counts = { proved: 0, executed: 0, refused: 0, wrong: 0 };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        const given = randomOnnx(seed);
        const verdict = await verdictOf(given);
        counts[verdict.kind]++;
        const told = 'message' in verdict ? verdict.message : '';
        expect(verdict.kind, `${given.name} (${given.operator}): ${told}`).not.toBe('wrong');
        // What the program's own checks refuse, the quantiser should not have written.
        if (verdict.kind === 'refused') expect(verdict.code, told).not.toMatch(/^PROGRAM_/);
      }),
      { numRuns: DEEP ? 2_000 : 40 },
    );
    expect(counts.proved).toBeGreaterThan(DEEP ? 1_000 : 15);
  });

  it.each([
    ['zeros joined with reals', 128],
    ['integers that a Clip bounds by a fraction', 24],
    ['integers that are joined with reals', 21],
    ['integers beside twice an integer', 1379366664],
    ['integers that reals are taken from', 859557701],
    ['a Softmax of more bits than a table has', 10],
    ['shares of a row that are next to nothing', 80972728],
  ])('with %s, as one was that was wrong', async (_, seed) => {
    expect(await verdictOf(randomOnnx(seed))).toMatchObject({ kind: 'proved' });
  });
});
