import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactly, inUnits, relative, span } from '../../../indexer/explorer/data/format.ts';
import { rampAt } from '../../../indexer/explorer/data/ramp.ts';

const POWERS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** The amount that a text of {@link inUnits} stands for, exactly, in the smallest unit. */
function readUnits(text: string, decimals: number): bigint {
  const [, sign, units, fraction = '', power = ''] = /^(−?)([\d,]+)(?:\.(\d+))?(?:·10⁻([⁰-⁹¹²³]+))?$/.exec(
    text,
  )!;
  const lower = Number([...power].map((digit) => POWERS.indexOf(digit)).join('') || '0');
  const digits = units.replaceAll(',', '') + fraction;
  const zeros = decimals - lower - fraction.length;
  const value = BigInt(digits) * 10n ** BigInt(Math.max(0, zeros));
  return sign === '' ? value : -value;
}

describe('an amount in units', () => {
  it.each([
    ['0', '0'],
    ['1234500000000000000000', '1,234.5'],
    ['-979000000000000000', '−0.979'],
    ['907000000000000', '0.000907'],
    ['335200', '335.2·10⁻¹⁵'],
    ['1', '1·10⁻¹⁸'],
    ['123456789000000000', '0.1234'],
  ])('%s of 18 places is %s', (amount, text) => {
    expect(inUnits(amount, 18)).toBe(text);
  });

  it('is never more than the amount, and all of it where nothing is cut', () => {
    const amounts = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 24 }), (amount, decimals) => {
        const size = (value: bigint): bigint => (value < 0n ? -value : value);
        const told = readUnits(inUnits(amount, decimals), decimals);
        expect(size(told)).toBeLessThanOrEqual(size(amount));
        // Of four digits at least that are not zeros in front, nothing but a ten-thousandth is cut.
        expect(size(amount - told) * 1000n).toBeLessThanOrEqual(size(amount));
        const all = exactly(amount, { symbol: null, decimals });
        expect(readUnits(all, decimals)).toBe(amount);
      }),
    );
  });
});

it('times are told in their largest unit', () => {
  expect([span(59), span(61), span(600), span(7200), span(200_000)]).toEqual([
    '59 s',
    '1 min',
    '10 min',
    '2 h',
    '2.3 d',
  ]);
  expect([relative(100, 100), relative(90, 100), relative(190, 100)]).toEqual([
    'now',
    '10 s ago',
    'in 1.5 min',
  ]);
});

it('a ramp begins low, ends high, and stays there', () => {
  const ramp = { low: 10n, high: 110n, start: 1000, seconds: 100 };
  expect([900, 1000, 1050, 1100, 9999].map((at) => rampAt(ramp, at))).toEqual([10n, 10n, 60n, 110n, 110n]);
  expect(rampAt({ ...ramp, seconds: 0 }, 1000)).toBe(110n);
});
