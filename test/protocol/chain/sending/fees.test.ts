import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstFees,
  isEnough,
  nextFees,
  patienceFor,
  type Fees,
} from '../../../../protocol/chain/sending/fees.ts';
import { gasLimitFor, mostGas, TRANSACTION_GAS } from '../../../../protocol/chain/sending/limits.ts';

const GWEI = 10n ** 9n;
const wei = fc.bigInt(0n, 10_000n * GWEI);
const market = fc.record({ baseFee: fc.option(wei, { nil: undefined }), tip: wei });
const most = fc.option(fc.bigInt(1n, 10_000n * GWEI), { nil: undefined });

describe('fees', () => {
  test.each<[string, Fees | undefined, Fees | undefined]>([
    ['first', firstFees({ baseFee: 10n * GWEI, tip: GWEI }), { maxFee: 21n * GWEI, tip: GWEI }],
    [
      'first, bounded',
      firstFees({ baseFee: 10n * GWEI, tip: GWEI }, 15n * GWEI),
      { maxFee: 15n * GWEI, tip: GWEI },
    ],
    [
      'an eighth more where nothing has changed',
      nextFees({ maxFee: 24n * GWEI, tip: 8n }, { baseFee: 10n * GWEI, tip: 8n }),
      { maxFee: 27n * GWEI, tip: 9n },
    ],
    [
      'what the base fee asks after a spike',
      nextFees({ maxFee: 21n * GWEI, tip: GWEI }, { baseFee: 100n * GWEI, tip: GWEI }),
      { maxFee: 201n * GWEI, tip: (9n * GWEI) / 8n },
    ],
    [
      'the bound, where that is an eighth more',
      nextFees({ maxFee: 8n, tip: 0n }, { baseFee: 100n, tip: 0n }, 10n),
      { maxFee: 10n, tip: 1n },
    ],
    ['none, where it is not', nextFees({ maxFee: 8n, tip: 0n }, { baseFee: 1n, tip: 0n }, 8n), undefined],
    ['without EIP-1559', firstFees({ baseFee: undefined, tip: 7n }), { maxFee: 7n, tip: 7n }],
  ])('%s', (_, fees, expected) => expect(fees).toEqual(expected));

  test('a replacement offers an eighth more in both, never more than the bound, and no tip above the whole', () => {
    fc.assert(
      fc.property(market, market, most, (before, after, bound) => {
        const last = firstFees(before, bound);
        const next = nextFees(last, after, bound);
        expect(last.tip <= last.maxFee && (bound === undefined || last.maxFee <= bound)).toBe(true);
        if (next === undefined) {
          expect(last.maxFee * 9n + 8n > (bound as bigint) * 8n).toBe(true);
          return;
        }
        expect(next.maxFee * 8n >= last.maxFee * 9n && next.tip * 8n >= last.tip * 9n).toBe(true);
        expect(next.tip <= next.maxFee && (bound === undefined || next.maxFee <= bound)).toBe(true);
        if (bound === undefined) expect(isEnough(next, after)).toBe(true);
      }),
    );
  });

  test('stand the shorter, the sooner the work is due', () => {
    const times = [undefined, -1, 1_000_000, 80_000, 20_000, 1].map(patienceFor);
    expect(times).toEqual([30_000, 30_000, 30_000, 10_000, 2_500, 2_000]);
  });
});

describe('gas limits', () => {
  test.each<[bigint, bigint, bigint]>([
    [100_000n, 30_000_000n, 120_000n],
    // A settlement of 256 slices.
    [15_030_000n, 30_000_000n, TRANSACTION_GAS],
    [9_000_000n, 10_000_000n, 10_000_000n],
    [TRANSACTION_GAS, 60_000_000n, TRANSACTION_GAS],
  ])('of %s gas in blocks of %s: %s', (estimate, block, limit) => {
    expect(gasLimitFor('settle', estimate, block)).toBe(limit);
  });

  test('have room for what code of others may use beyond the estimate, as far as there is', () => {
    expect(gasLimitFor('settle', 100_000n, 30_000_000n, 102_000n)).toBe(222_000n);
    expect(gasLimitFor('settle', 100_000n, 200_000n, 102_000n)).toBe(200_000n);
  });

  test.each([
    [TRANSACTION_GAS + 1n, 60_000_000n],
    [10_000_001n, 10_000_000n],
  ])('of %s gas in blocks of %s: none, by name', (estimate, block) => {
    expect(() => gasLimitFor('settle', estimate, block)).toThrow(
      expect.objectContaining({
        code: 'CHAIN_GAS_LIMIT',
        message: `settle takes ${estimate} gas in one transaction, one may have ${mostGas(block)}`,
      }),
    );
  });
});
