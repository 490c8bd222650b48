import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binOf, percentileOf, valueOf, withValues } from '../../indexer/projection/sketch.ts';

const value = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.bigInt({ min: 0n, max: 5000n }));

test('what stands for a value is within 1/64 of it, and small ones stand for themselves', () => {
  fc.assert(
    fc.property(value, (one) => {
      const shown = valueOf(binOf(one));
      const apart = shown > one ? shown - one : one - shown;
      expect(apart * 64n).toBeLessThanOrEqual(one);
      if (one < 64n) expect(shown).toBe(one);
    }),
  );
});

test('a larger value is never in a lower bin', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(binOf(low)).toBeLessThanOrEqual(binOf(high));
    }),
  );
});

test('the order and the portions in which values come make no other sketch', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.nat(40), (values, at) => {
      const whole = withValues([], values);
      const reversed = values.toReversed();
      expect(withValues(withValues([], reversed.slice(0, at)), reversed.slice(at))).toEqual(whole);
    }),
  );
});

test('a percentile is that of the values, as closely as they are kept', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.nat(100), (values, percent) => {
      const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
      expect(percentileOf(withValues([], values), percent)).toBe(valueOf(binOf(sorted[rank - 1])));
    }),
  );
  expect(percentileOf([], 50)).toBeUndefined();
});
