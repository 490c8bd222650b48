import { describe, expect, it } from 'vitest';
import { argmax, estimateFlips } from '../../../slicer/quantise/flips.ts';
import { noise } from '../../support/lenet.ts';
import { seededNumbers } from '../../support/programs.ts';

const draw = seededNumbers(11);
const outputs = (count: number): Float64Array[] =>
  Array.from({ length: count }, () => Float64Array.from({ length: 10 }, () => noise(draw, 3)));
const disturbed = (values: readonly Float64Array[], deviation: number): Float64Array[] =>
  values.map((row) => row.map((value) => value + noise(draw, deviation)));

describe('the estimate of changed answers', () => {
  it('is zero for the same outputs, and for all of them times a factor', () => {
    const float = outputs(64);
    expect(estimateFlips(float, float)).toBe(0);
    const scaled = float.map((row) => row.map((value) => 1.3 * value));
    expect(estimateFlips(float, scaled)).toBe(0);
  });

  it('comes near the true rate from few samples', () => {
    for (const deviation of [0.05, 0.2, 0.5]) {
      const float = outputs(5000);
      const quantised = disturbed(float, deviation);
      const truth = float.filter((row, i) => argmax(row) !== argmax(quantised[i])).length / float.length;
      const estimate = estimateFlips(float.slice(0, 250), quantised.slice(0, 250));
      expect(estimate).toBeGreaterThan(truth / 2);
      expect(estimate).toBeLessThan(truth * 1.6 + 0.005);
    }
  });

  it('grows with the disturbance', () => {
    const float = outputs(200);
    const rates = [0.01, 0.1, 0.5, 2].map((deviation) => estimateFlips(float, disturbed(float, deviation)));
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
  });
});
