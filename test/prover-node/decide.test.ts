import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fits, type Work } from '../../prover-node/bid/capacity.ts';
import {
  decideBids,
  priceFor,
  undercut,
  type BidTerms,
  type Candidate,
  type Means,
} from '../../prover-node/bid/decide.ts';

const NOW = 1_700_000_000;

const terms: fc.Arbitrary<BidTerms> = fc.record({
  now: fc.constant(NOW),
  bidWindow: fc.nat(60),
  proveSeconds: fc.integer({ min: 10, max: 120 }),
  deadline: fc.integer({ min: NOW, max: NOW + 600 }),
  minUndercutBps: fc.nat(2_000),
});

const candidate: fc.Arbitrary<Omit<Candidate, 'slice'>> = fc
  .record({
    weight: fc.bigInt(1n, 100n),
    floor: fc.bigInt(1n, 8_000n),
    above: fc.bigInt(0n, 2_000n),
    seconds: fc.double({ min: 0.1, max: 60, noNaN: true }),
    collateral: fc.bigInt(0n, 1_000n),
    gas: fc.bigInt(0n, 500_000n),
    ramp: fc.bigInt(1n, 10_000n),
    leader: fc.option(
      fc.record({
        unitPrice: fc.bigInt(1n, 10_000n),
        mine: fc.boolean(),
        windowEnd: fc.integer({ min: NOW - 5, max: NOW + 60 }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ floor, above, leader, ...rest }) => ({
    ...rest,
    price: { floor, ask: floor + above },
    ...(leader ? { leader } : {}),
  }));

const candidates: fc.Arbitrary<Candidate[]> = fc
  .array(candidate, { maxLength: 12 })
  .map((all) => all.map((one, slice) => ({ ...one, slice })));

const work: fc.Arbitrary<Work> = fc.record({
  seconds: fc.double({ min: 0, max: 30, noNaN: true }),
  dueIn: fc.double({ min: 0, max: 300, noNaN: true }),
});

const means: fc.Arbitrary<Means> = fc.record({
  policy: fc.constantFrom('patient' as const, 'eager' as const),
  capacity: fc.record({
    workers: fc.integer({ min: 0, max: 4 }),
    safety: fc.double({ min: 1, max: 3, noNaN: true }),
    stepSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
  }),
  bound: fc.array(work, { maxLength: 3 }),
  balance: fc.bigInt(0n, 5_000n),
  gas: fc.option(fc.bigInt(0n, 2_000_000n), { nil: undefined }),
});

const plain = {
  terms: { now: NOW, bidWindow: 10, proveSeconds: 60, deadline: NOW + 600, minUndercutBps: 500 },
  means: {
    policy: 'patient' as const,
    capacity: { workers: 1, safety: 1.5, stepSeconds: 10 },
    bound: [],
    balance: 1_000_000n,
    gas: undefined,
  },
  candidate: {
    slice: 0,
    weight: 10n,
    price: { floor: 80n, ask: 90n },
    seconds: 5,
    collateral: 100n,
    gas: 400_000n,
    ramp: 100n,
  },
};

describe('bids', () => {
  test('are never below the floor, above the ramp or short of the needed undercut', () => {
    fc.assert(
      fc.property(terms, candidates, means, (t, all, m) => {
        for (const { unitPrice, slices } of decideBids(t, all, m)) {
          for (const slice of slices) {
            const { price, leader, ramp } = all[slice];
            expect(unitPrice).toBeGreaterThanOrEqual(price.floor);
            if (leader === undefined) expect(unitPrice).toBeLessThanOrEqual(ramp);
            else {
              expect(leader.mine).toBe(false);
              expect(t.now).toBeLessThan(leader.windowEnd);
              expect(unitPrice).toBeLessThan(leader.unitPrice);
              // Rounded up, for whoever bids less.
              expect(unitPrice * 10_000n).toBeLessThan(
                leader.unitPrice * BigInt(10_000 - t.minUndercutBps) + 10_000n,
              );
            }
          }
        }
      }),
    );
  });

  test('never promise more proving than can be done in time, nor more collateral or gas than there is', () => {
    fc.assert(
      fc.property(terms, candidates, means, (t, all, m) => {
        const taken = decideBids(t, all, m).flatMap(({ slices }) => slices.map((slice) => all[slice]));
        const load = [...m.bound, ...taken.map(({ seconds }) => ({ seconds, dueIn: t.proveSeconds }))];
        if (taken.length > 0) {
          for (const { dueIn } of load) {
            const before = load.filter((other) => other.dueIn <= dueIn);
            const needed = before.reduce((sum, { seconds }) => sum + seconds, 0) * m.capacity.safety;
            const { workers, stepSeconds } = m.capacity;
            expect(needed).toBeLessThanOrEqual(workers * (dueIn - stepSeconds) + 1e-6);
          }
          expect(taken.reduce((sum, { collateral }) => sum + collateral, 0n)).toBeLessThanOrEqual(m.balance);
          const gas = taken.reduce((sum, candidate) => sum + candidate.gas, 0n);
          expect(gas <= (m.gas ?? gas)).toBe(true);
        }
      }),
    );
  });

  test('name each slice at most once, and none when a hold would outlast the deadline', () => {
    fc.assert(
      fc.property(terms, candidates, means, (t, all, m) => {
        const slices = decideBids(t, all, m).flatMap((bid) => bid.slices);
        expect(new Set(slices).size).toBe(slices.length);
        if (t.now + t.bidWindow + t.proveSeconds > t.deadline) expect(slices).toEqual([]);
      }),
    );
  });

  test('ask what the node wants, not what the ramp would give', () => {
    expect(decideBids(plain.terms, [plain.candidate], plain.means)).toEqual([
      { unitPrice: 90n, slices: [0] },
    ]);
  });

  test('wait for the ramp when patient, take it from the floor on when eager', () => {
    const at = (ramp: bigint): Candidate => ({ ...plain.candidate, ramp });
    expect(priceFor(plain.terms, at(85n), 'patient')).toBeUndefined();
    expect(priceFor(plain.terms, at(85n), 'eager')).toBe(85n);
    expect(priceFor(plain.terms, at(79n), 'eager')).toBeUndefined();
  });

  test('undercut another leader at the asked price, or as much lower as is needed, down to the floor', () => {
    const led = (unitPrice: bigint): Candidate => ({
      ...plain.candidate,
      leader: { unitPrice, mine: false, windowEnd: NOW + 5 },
    });
    expect(priceFor(plain.terms, led(100n), 'patient')).toBe(90n);
    expect(priceFor(plain.terms, led(90n), 'patient')).toBe(86n);
    expect(priceFor(plain.terms, led(84n), 'patient')).toBe(80n);
    expect(priceFor(plain.terms, led(83n), 'patient')).toBeUndefined();
  });

  test('leave a slice alone that the node leads, and one whose window closes now', () => {
    const led = (mine: boolean, windowEnd: number): Candidate => ({
      ...plain.candidate,
      leader: { unitPrice: 100n, mine, windowEnd },
    });
    expect(priceFor(plain.terms, led(true, NOW + 5), 'eager')).toBeUndefined();
    expect(priceFor(plain.terms, led(false, NOW), 'eager')).toBeUndefined();
  });

  test('go out in one call when their prices are close', () => {
    const close = [90n, 86n, 70n].map((ask, slice) => ({
      ...plain.candidate,
      slice,
      price: { floor: 60n, ask },
    }));
    expect(decideBids(plain.terms, close, plain.means)).toEqual([
      { unitPrice: 90n, slices: [0, 1] },
      { unitPrice: 70n, slices: [2] },
    ]);
  });

  test('go out by themselves when a drawn slice has a ramp that is not there yet', () => {
    const slices = [
      { ...plain.candidate, slice: 0, price: { floor: 60n, ask: 90n } },
      { ...plain.candidate, slice: 1, price: { floor: 60n, ask: 88n }, ramp: 89n },
    ];
    expect(decideBids(plain.terms, slices, plain.means)).toEqual([
      { unitPrice: 90n, slices: [0] },
      { unitPrice: 88n, slices: [1] },
    ]);
  });
});

describe('an undercut', () => {
  test('is the highest price that the market takes', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 1n << 60n), fc.nat(10_000), (old, bps) => {
        const price = undercut(old, bps);
        const taken = (p: bigint): boolean => p < old && p * 10_000n < old * BigInt(10_000 - bps) + 10_000n;
        expect(taken(price)).toBe(true);
        expect(taken(price + 1n)).toBe(false);
      }),
    );
  });
});

describe('capacity', () => {
  test('holds for two workers where one is not enough', () => {
    const two = [
      { seconds: 5, dueIn: 8 },
      { seconds: 5, dueIn: 8 },
    ];
    expect(fits(two, { workers: 1, safety: 1, stepSeconds: 0 })).toBe(false);
    expect(fits(two, { workers: 2, safety: 1, stepSeconds: 0 })).toBe(true);
    expect(fits(two, { workers: 2, safety: 2, stepSeconds: 0 })).toBe(false);
  });

  test('is none for work of unknown length or without workers', () => {
    expect(
      fits([{ seconds: Number.POSITIVE_INFINITY, dueIn: 100 }], { workers: 2, safety: 1, stepSeconds: 0 }),
    ).toBe(false);
    expect(fits([{ seconds: 0, dueIn: 100 }], { workers: 0, safety: 1, stepSeconds: 0 })).toBe(false);
  });
});
