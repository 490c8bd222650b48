import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, type IntegerRange } from '../../../slicer/integer/program.ts';
import { fitScale, quantiseWeights, toIntegers } from '../../../slicer/quantise/scales.ts';
import { quantiseTensor } from '../../../protocol/manifest.ts';

const ranges = fc.record({ signed: fc.boolean(), bits: fc.integer({ min: 2, max: 12 }) });
const reals = fc
  .array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 50 })
  .map((values) => Float64Array.from(values));

function squaredError(values: Float64Array, range: IntegerRange, scale: number): number {
  return toIntegers(values, boundsOf(range), scale).reduce(
    (sum, q, i) => sum + (values[i] - q * 2 ** -scale) ** 2,
    0,
  );
}

describe('scales', () => {
  it('put integers into their range', () => {
    fc.assert(
      fc.property(reals, ranges, fc.integer({ min: -10, max: 20 }), (values, range, scale) => {
        const { low, high } = boundsOf(range);
        for (const q of toIntegers(values, boundsOf(range), scale)) {
          expect(Number.isInteger(q) && q >= low && q <= high && !Object.is(q, -0)).toBe(true);
        }
      }),
    );
  });

  it('turn reals into the integers that inputs of a job become', () => {
    fc.assert(
      fc.property(reals, ranges, fc.integer({ min: -10, max: 20 }), (values, range, scale) => {
        const inputs = quantiseTensor({ ...range, scale }, values).map((q) => q + 0);
        expect(toIntegers(values, boundsOf(range), scale)).toEqual(inputs);
      }),
    );
  });

  it('are no worse than the scales next to them', () => {
    fc.assert(
      fc.property(reals, ranges, (values, range) => {
        const scale = fitScale(values, boundsOf(range));
        const error = squaredError(values, range, scale);
        // All zero, or nothing but values that an unsigned range can't hold: every scale is as good.
        expect(error).toBeLessThanOrEqual(squaredError(values, range, scale - 1) + 1e-9);
      }),
    );
  });

  it('let values saturate where that costs less than rounding all others', () => {
    const range = { signed: false, bits: 4 };
    const values = Float64Array.from({ length: 200 }, (_, i) => (i === 0 ? 1.05 : (i % 15) / 16));
    expect(fitScale(values, boundsOf(range))).toBe(4);
  });

  it('take common factors of two out of weights', () => {
    const { integers, scale } = quantiseWeights(Float64Array.of(0.25, -0.5, 0), 8);
    expect({ integers, scale }).toEqual({ integers: Int32Array.of(1, -2, 0), scale: 2 });
    expect(quantiseWeights(new Float64Array(3), 4).integers).toEqual(new Int32Array(3));
  });

  it('keep weights symmetric', () => {
    fc.assert(
      fc.property(reals, fc.integer({ min: 2, max: 8 }), (weights, bits) => {
        const most = 2 ** (bits - 1) - 1;
        expect(quantiseWeights(weights, bits).integers.every((weight) => Math.abs(weight) <= most)).toBe(
          true,
        );
      }),
    );
  });
});
