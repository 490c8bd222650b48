import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASE_FIELD, weightedSum, type G1Point } from '../../../protocol/settlement/g1.ts';
import { BYTES, loadBn254, type Bn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { g1FromMontgomery, putG1 } from '../../../groth16/curve/points.ts';
import { writeLittleEndian } from '../../../groth16/formats/bn254.ts';

const GENERATOR: G1Point = { x: 1n, y: 2n };
const INFINITY: G1Point = { x: 0n, y: 0n };
const negate = ({ x, y }: G1Point): G1Point => ({ x, y: BASE_FIELD - y });

/** Σ weight · point by wasmcurves. */
function byWasm(curve: Bn254, points: readonly G1Point[], weights: readonly bigint[]): G1Point {
  return curve.scratch(() => {
    const sum = curve.alloc(BYTES.g1Jacobian);
    curve.fn.g1m_zero(sum);
    points.forEach((point, i) => {
      const scalar = curve.alloc(BYTES.field);
      writeLittleEndian(curve.bytes(scalar, BYTES.field), 0, weights[i]);
      const product = curve.alloc(BYTES.g1Jacobian);
      curve.fn.g1m_timesScalarAffine(putG1(curve, point), scalar, BYTES.field, product);
      curve.fn.g1m_add(sum, product, sum);
    });
    const affine = curve.alloc(BYTES.g1);
    curve.fn.g1m_toAffine(sum, affine);
    return g1FromMontgomery(curve, curve.bytes(affine, BYTES.g1).slice());
  });
}

describe('a weighted sum of points', () => {
  test('is what wasmcurves computes', async () => {
    const curve = await loadBn254();
    const weight = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    const term = fc.tuple(fc.integer({ min: 0, max: 9 }), weight);
    fc.assert(
      fc.property(fc.array(term, { maxLength: 6 }), (terms) => {
        const points = terms.map(([multiple]) => weightedSum([GENERATOR], [BigInt(multiple)]));
        const weights = terms.map(([, by]) => by);
        expect(weightedSum(points, weights)).toEqual(byWasm(curve, points, weights));
      }),
      { numRuns: 60 },
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
