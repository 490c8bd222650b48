import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countsWithin, fits, type Work } from '../../prover-node/bid/capacity.ts';
import {
  decideBids,
  priceFor,
  undercut,
  workOf,
  type BidTerms,
  type Candidate,
  type Means,
} from '../../prover-node/bid/decide.ts';

const NOW = 1_700_000_000;
const OTHER = '0x00000000000000000000000000000000000000bb';

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
        holder: fc.constant(OTHER),
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

const work: fc.Arbitrary<Work> = fc
  .record({
    seconds: fc.double({ min: 0, max: 30, noNaN: true }),
    from: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
    within: fc.double({ min: 0, max: 200, noNaN: true }),
    lead: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined }),
  })
  .map(({ seconds, from, within, lead }) => ({
    seconds,
    from,
    dueIn: from + within,
    ...(lead === undefined ? {} : { lead }),
  }));

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
        if (taken.length > 0) {
          const load = [...m.bound, ...taken.map((candidate) => workOf(t, candidate))];
          expect(fits([], load, m.capacity)).toBe(true);
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
      leader: { unitPrice, holder: OTHER, mine: false, windowEnd: NOW + 5 },
    });
    expect(priceFor(plain.terms, led(100n), 'patient')).toBe(90n);
    expect(priceFor(plain.terms, led(90n), 'patient')).toBe(86n);
    expect(priceFor(plain.terms, led(84n), 'patient')).toBe(80n);
    expect(priceFor(plain.terms, led(83n), 'patient')).toBeUndefined();
  });

  test('leave a slice alone that the node leads, and one whose window closes now', () => {
    const led = (mine: boolean, windowEnd: number): Candidate => ({
      ...plain.candidate,
      leader: { unitPrice: 100n, holder: OTHER, mine, windowEnd },
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
  const plainly = { workers: 1, safety: 1, stepSeconds: 0 };
  const now = (seconds: number, dueIn: number): Work => ({ seconds, from: 0, dueIn });

  test('holds for two workers where one is not enough', () => {
    const two = [now(5, 8), now(5, 8)];
    expect(fits([], two, plainly)).toBe(false);
    expect(fits([], two, { ...plainly, workers: 2 })).toBe(true);
    expect(fits([], two, { ...plainly, workers: 2, safety: 2 })).toBe(false);
  });

  test('is none for work of unknown length or without workers', () => {
    const unknown = now(Number.POSITIVE_INFINITY, 100);
    for (const workers of [1, 2, 3]) {
      expect(fits([], [unknown], { ...plainly, workers })).toBe(false);
      expect(fits([unknown], [now(1, 90)], { ...plainly, workers })).toBe(false);
      expect(fits([unknown], [now(1, 110)], { ...plainly, workers })).toBe(false);
    }
    expect(fits([], [now(0, 100)], { ...plainly, workers: 0 })).toBe(false);
  });

  test('counts a proof under way that is due later: it is finished first', () => {
    const long = now(60, 200);
    expect(fits([long], [{ seconds: 50, from: 1, dueIn: 71 }], plainly)).toBe(false);
    expect(fits([long], [{ seconds: 50, from: 1, dueIn: 111 }], plainly)).toBe(true);
    expect(fits([long], [{ seconds: 50, from: 1, dueIn: 71 }], { ...plainly, workers: 2 })).toBe(true);
  });

  test('lets what is begun only near its end go before that, and counts how much sooner it is begun for it', () => {
    const owed = { seconds: 60, from: 0, dueIn: 400, lead: 100 };
    expect(fits([owed], [now(50, 70)], plainly)).toBe(true);
    // Begun at 300, if not sooner.
    expect(fits([owed], [{ seconds: 50, from: 310, dueIn: 380 }], plainly)).toBe(false);
    expect(fits([{ ...owed, lead: 60 }], [{ seconds: 50, from: 310, dueIn: 380 }], plainly)).toBe(false);
    expect(fits([{ ...owed, lead: 60 }], [{ seconds: 50, from: 310, dueIn: 420 }], plainly)).toBe(true);
  });

  test('leaves time for what may come up after everything else, and refuses nothing for what is late without it', () => {
    const perhaps = { ...now(20, 60), floating: true };
    expect(fits([perhaps], [now(40, 100)], plainly)).toBe(true);
    expect(fits([perhaps], [now(41, 100)], plainly)).toBe(false);
    expect(fits([{ ...perhaps, seconds: 61 }], [now(30, 100)], plainly)).toBe(true);
    expect(fits([{ ...perhaps, seconds: 61 }], [now(40, 100)], plainly)).toBe(false);
  });

  test('is enough whenever a node gives what is due first to a free worker, however long within the safety each takes', () => {
    const seconds = fc.double({ min: 1, max: 30, noNaN: true });
    // Each has room for some of the others, and not for all.
    const tight = fc
      .record({
        seconds,
        from: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true })),
        room: fc.oneof(seconds, fc.double({ min: 0, max: 120, noNaN: true })),
        lead: fc.option(fc.double({ min: 0, max: 60, noNaN: true }), { nil: undefined }),
      })
      .map(({ seconds, from, room, lead }): Work => {
        const dueIn = from + 1.5 * (seconds + room);
        return { seconds, from, dueIn, ...(lead === undefined ? {} : { lead }) };
      });
    const taken = fc.record({
      works: fc.array(tight, { minLength: 2, maxLength: 7 }),
      capacity: fc.record({
        workers: fc.integer({ min: 1, max: 3 }),
        safety: fc.double({ min: 1, max: 1.5, noNaN: true }),
        stepSeconds: fc.double({ min: 0, max: 4, noNaN: true }),
      }),
      draws: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 14, maxLength: 14 }),
    });
    let kept = 0;
    fc.assert(
      fc.property(taken, ({ works, capacity, draws }) => {
        if (!fits([], works, capacity)) return;
        kept++;
        for (const [i, done] of played(works, capacity, draws).entries()) {
          expect(done).toBeLessThanOrEqual(works[i].dueIn + 1e-6);
        }
      }),
      { numRuns: 4_000 },
    );
    expect(kept).toBeGreaterThan(200);
  });
});

/**
 * When each work is done by a node that begins it, when it may be begun and a worker is free, in the order of their ends.
 * @param draws 0 … 1, two for each: how much of the safety it takes, and how late it is seen
 */
function played(
  works: readonly Work[],
  capacity: { readonly workers: number; readonly safety: number; readonly stepSeconds: number },
  draws: readonly number[],
): readonly number[] {
  const { workers, safety, stepSeconds } = capacity;
  const waiting = works.map((one, i) => {
    const [long, seen] = draws.slice(2 * i);
    const least = one.dueIn - Math.max(one.lead ?? 0, countsWithin(one, works, capacity));
    const begun = one.lead === undefined ? one.from : Math.max(one.from, least);
    return {
      i,
      takes: one.seconds * (1 + long * (safety - 1)),
      from: begun + (seen * stepSeconds) / 2,
      dueIn: one.dueIn,
    };
  });
  const free = new Array<number>(workers).fill(0);
  const done = works.map(() => 0);
  while (waiting.length > 0) {
    const worker = free.indexOf(Math.min(...free));
    const at = Math.max(free[worker], Math.min(...waiting.map(({ from }) => from)));
    const [next] = waiting.filter(({ from }) => from <= at).sort((a, b) => a.dueIn - b.dueIn);
    waiting.splice(waiting.indexOf(next), 1);
    free[worker] = at + next.takes;
    done[next.i] = free[worker] + stepSeconds / 2;
  }
  return done;
}
