import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBn128 } from 'ffjavascript';
import { BASE_FIELD, weightedSum, type G1Point } from '../../../protocol/settlement/g1.ts';

const GENERATOR: G1Point = { x: 1n, y: 2n };
const INFINITY: G1Point = { x: 0n, y: 0n };
const negate = ({ x, y }: G1Point): G1Point => ({ x, y: BASE_FIELD - y });

interface Curve {
  readonly G1: {
    readonly g: Uint8Array;
    timesScalar(point: Uint8Array, scalar: bigint): Uint8Array;
    add(a: Uint8Array, b: Uint8Array): Uint8Array;
    readonly zero: Uint8Array;
    toAffine(point: Uint8Array): Uint8Array;
    toObject(point: Uint8Array): readonly bigint[];
  };
  terminate(): Promise<void>;
}

describe('a weighted sum of points', () => {
  let curve: Curve;
  beforeAll(async () => {
    curve = (await buildBn128(true)) as Curve;
  });
  afterAll(() => curve.terminate());

  test('is what ffjavascript computes', () => {
    const scalar = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), scalar), { minLength: 1, maxLength: 6 }),
        (terms) => {
          const { G1 } = curve;
          const expected = terms.reduce(
            (sum, [multiple, weight]) => G1.add(sum, G1.timesScalar(G1.g, BigInt(multiple) * weight)),
            G1.zero,
          );
          const [x, y] = G1.toObject(G1.toAffine(expected));
          const points = terms.map(([multiple]) => weightedSum([GENERATOR], [BigInt(multiple)]));
          expect(
            weightedSum(
              points,
              terms.map(([, weight]) => weight),
            ),
          ).toEqual({ x, y });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('takes equal, opposite and infinite points', () => {
    const twice = weightedSum([GENERATOR], [2n]);
    expect(weightedSum([GENERATOR, GENERATOR], [1n, 1n])).toEqual(twice);
    expect(weightedSum([GENERATOR, negate(GENERATOR)], [5n, 5n])).toEqual(INFINITY);
    expect(weightedSum([INFINITY, GENERATOR], [7n, 2n])).toEqual(twice);
    expect(weightedSum([GENERATOR], [0n])).toEqual(INFINITY);
    expect(weightedSum([], [])).toEqual(INFINITY);
  });

  test.each([
    ['off the curve', { x: 1n, y: 3n }],
    ['with a coordinate that is not below q', { x: 1n + BASE_FIELD, y: 2n }],
    ['with a negative coordinate', { x: 1n, y: -2n }],
  ])('refuses a point %s', (_, point) => {
    expect(() => weightedSum([point], [1n])).toThrow(
      expect.objectContaining({ code: 'SETTLEMENT_POINT_INVALID' }),
    );
  });
});
