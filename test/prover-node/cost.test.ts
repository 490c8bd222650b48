import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterFee, askingPrice, costOf, type PricingPolicy } from '../../prover-node/pricing/cost.ts';

const policy: PricingPolicy = {
  costPerSecond: 1_000n,
  assetPerNative: 2_000_000n,
  marginBps: 2_000,
  minMarginBps: 0,
  minUnitPrice: 1n,
  maxUnitPrice: undefined,
  minProfit: 0n,
};

const anyPolicy: fc.Arbitrary<PricingPolicy> = fc.record({
  costPerSecond: fc.bigInt(0n, 10n ** 12n),
  assetPerNative: fc.bigInt(0n, 10n ** 12n),
  marginBps: fc.nat(20_000),
  minMarginBps: fc.nat(5_000),
  minUnitPrice: fc.bigInt(0n, 10n ** 9n),
  maxUnitPrice: fc.option(fc.bigInt(1n, 10n ** 12n), { nil: undefined }),
  minProfit: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 12n)),
});

describe('cost', () => {
  test('is seconds at the rate of a worker and gas at the rate of the coin, rounded up', () => {
    expect(costOf(policy, 2.5, { gas: 0n, gasPrice: 0n })).toBe(2_500n);
    expect(costOf(policy, 0, { gas: 100_000n, gasPrice: 10n ** 9n })).toBe(200n);
    expect(costOf(policy, 0.0000001, { gas: 1n, gasPrice: 1n })).toBe(2n);
  });

  test('of what was never measured is more than anything pays, and thrown by nobody', () => {
    const most = 2n ** 96n - 1n;
    const cost = costOf(policy, Number.POSITIVE_INFINITY, { gas: 1n, gasPrice: 1n });
    expect(cost).toBeGreaterThan(most);
    expect(askingPrice({ ...policy, maxUnitPrice: most }, cost, 1n, 0)).toBeUndefined();
  });
});

describe('an asking price', () => {
  test('covers the cost, the wanted margin and the least profit after the fee, and its floor is never above it', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        fc.bigInt(0n, 10n ** 15n),
        fc.bigInt(1n, 100_000n),
        fc.nat(500),
        (p, cost, weight, feeBps) => {
          const price = askingPrice(p, cost, weight, feeBps);
          if (price === undefined) {
            expect(p.maxUnitPrice).toBeDefined();
            return;
          }
          expect(price.floor).toBeLessThanOrEqual(price.ask);
          expect(price.floor).toBeGreaterThanOrEqual(p.minUnitPrice);
          expect(afterFee(price.floor * weight, feeBps)).toBeGreaterThanOrEqual(cost + p.minProfit);
          if (p.maxUnitPrice !== undefined) expect(price.ask).toBeLessThanOrEqual(p.maxUnitPrice);
          else {
            const wanted = cost * BigInt(10_000 + p.marginBps);
            expect(afterFee(price.ask * weight, feeBps) * 10_000n).toBeGreaterThanOrEqual(wanted);
          }
        },
      ),
    );
  });

  test('is none when the node’s own highest price does not cover the cost', () => {
    expect(askingPrice({ ...policy, maxUnitPrice: 9n }, 100n, 10n, 0)).toBeUndefined();
    expect(askingPrice({ ...policy, maxUnitPrice: 10n }, 100n, 10n, 0)).toEqual({ floor: 10n, ask: 10n });
  });
});
