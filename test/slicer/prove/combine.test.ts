import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { G1Point } from '../../../slicer/curve/points.ts';
import { BASE_FIELD, SCALAR_FIELD } from '../../../slicer/formats/bn254.ts';
import { combineG1 } from '../../../slicer/prove/combine.ts';
import { mod } from '../formats/circuits.ts';
import { rejectionOf } from '../formats/bytes.ts';

const GENERATOR: G1Point = { x: 1n, y: 2n };
const ZERO: G1Point = { x: 0n, y: 0n };
const scalar = fc.oneof(
  fc.constantFrom(0n, 1n, 255n, 256n, (1n << 128n) - 1n, SCALAR_FIELD - 1n),
  fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
);

async function multiple(factor: bigint): Promise<G1Point> {
  return combineG1([GENERATOR], [factor]);
}

describe('the sum Σ r·C', () => {
  it('is linear: the sum of multiples is the multiple by the sum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(scalar, scalar), { maxLength: 6 }), async (terms) => {
        const points = await Promise.all(terms.map(([factor]) => multiple(factor)));
        const total = terms.reduce((sum, [factor, r]) => mod(sum + factor * r), 0n);
        expect(
          await combineG1(
            points,
            terms.map(([, r]) => r),
          ),
        ).toEqual(await multiple(total));
      }),
      { numRuns: 40 },
    );
  });

  it('doubles the generator to the point of EIP-196', async () => {
    expect(await combineG1([GENERATOR, GENERATOR], [1n, 1n])).toEqual({
      x: 1368015179489954701390400359078579693043519447331113978918064868415326638035n,
      y: 9918110051302171585080402603319702774565515993150576347155970296011118125764n,
    });
  });

  it('is the point at infinity for opposite points, for no points and for zero scalars', async () => {
    const opposite = { x: 1n, y: BASE_FIELD - 2n };
    expect(await combineG1([GENERATOR, opposite], [7n, 7n])).toEqual(ZERO);
    expect(await combineG1([], [])).toEqual(ZERO);
    expect(await combineG1([GENERATOR, ZERO], [0n, 5n])).toEqual(ZERO);
    expect(await combineG1([GENERATOR, ZERO], [1n, 5n])).toEqual(GENERATOR);
  });

  it('refuses what is no point, no scalar, or one more of either', async () => {
    expect(await rejectionOf(combineG1([GENERATOR], []))).toBe('COMBINE_LENGTHS');
    for (const wrong of [SCALAR_FIELD, -1n]) {
      expect(await rejectionOf(combineG1([GENERATOR], [wrong]))).toBe('COMBINE_SCALAR');
    }
    const wrongPoints = [
      { x: 1n, y: 1n },
      { x: 1n + BASE_FIELD, y: 2n },
      { x: 1n, y: 2n - BASE_FIELD },
    ];
    for (const wrong of wrongPoints)
      expect(await rejectionOf(combineG1([wrong], [1n]))).toBe('COMBINE_POINT');
  });
});
