import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskOf } from '../../../protocol/contracts/masks.ts';
import { assessPolicy } from '../../../slicer/policy/assess.ts';
import { choosePolicy } from '../../../slicer/policy/choose.ts';
import { auditsFor, missProbability } from '../../../slicer/policy/detection.ts';
import { knapsack } from '../../../slicer/policy/knapsack.ts';
import type { Policy, PolicyChoice, PolicySlice } from '../../../slicer/policy/policy.ts';
import { codeOf } from '../../groth16/formats/bytes.ts';

/** Small whole numbers, so that sums are exact and ties are frequent. */
const sliceArbitrary = fc.record({
  cost: fc.bigInt({ min: 1n, max: 12n }),
  likelihood: fc.integer({ min: 0, max: 4 }),
  stake: fc.integer({ min: 0, max: 6 }),
  provable: fc.boolean(),
});

function numbered(slices: readonly Omit<PolicySlice, 'id'>[]): readonly PolicySlice[] {
  return slices.map((slice, id) => ({ ...slice, id }));
}

const model = (most: number) =>
  fc.array(sliceArbitrary, { minLength: 1, maxLength: most }).map((slices) => {
    // At least one can be proved.
    const [first, ...rest] = slices;
    return numbered([{ ...first, provable: true }, ...rest]);
  });

/** All subsets of the positions. */
function subsets(count: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** count }, (_, mask) =>
    Array.from({ length: count }, (_unused, i) => i).filter((i) => (mask >> i) & 1),
  );
}

describe('a draw', () => {
  it('misses as often as one counts by hand', () => {
    for (let population = 1; population <= 7; population++) {
      for (let cheated = 1; cheated <= population; cheated++) {
        for (let audits = 0; audits <= population; audits++) {
          const draws = subsets(population).filter(({ length }) => length === audits);
          const missing = draws.filter((draw) => draw.every((slice) => slice >= cheated));
          expect(missProbability(population, cheated, audits)).toBeCloseTo(missing.length / draws.length, 12);
        }
      }
    }
  });

  it('is as large as the wanted probability needs, and no larger', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 1, max: 256 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (population, some, wanted) => {
          const cheated = Math.min(some, population);
          const audits = auditsFor(population, cheated, wanted) as number;
          expect(1 - missProbability(population, cheated, audits)).toBeGreaterThanOrEqual(wanted - 1e-9);
          if (audits > 0) expect(1 - missProbability(population, cheated, audits - 1)).toBeLessThan(wanted);
        },
      ),
    );
  });

  it('of one in ten needs one audit for a tenth, all for certainty', () => {
    expect(auditsFor(10, 1, 0.1)).toBe(1);
    expect(auditsFor(10, 1, 0.95)).toBe(10);
    expect(auditsFor(10, 1, 1)).toBe(10);
    expect(auditsFor(10, 5, 0.95)).toBe(4);
    expect(auditsFor(0, 1, 0.5)).toBeUndefined();
    expect(auditsFor(3, 0, 0.5)).toBeUndefined();
  });
});

describe('the knapsack', () => {
  it('is as good as the best of all subsets, and as cheap as the cheapest of those', () => {
    const item = fc.record({ cost: fc.bigInt({ min: 0n, max: 20n }), value: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 9 }), fc.bigInt({ min: 0n, max: 80n }), (items, budget) => {
        const totals = (chosen: readonly number[]) => ({
          cost: chosen.reduce((sum, i) => sum + items[i].cost, 0n),
          value: chosen.reduce((sum, i) => sum + items[i].value, 0),
        });
        const affordable = subsets(items.length)
          .map(totals)
          .filter(({ cost }) => cost <= budget);
        const best = affordable.reduce((a, b) =>
          b.value > a.value || (b.value === a.value && b.cost < a.cost) ? b : a,
        );
        expect(totals(knapsack(items, budget))).toEqual(best);
      }),
      { numRuns: 200 },
    );
  });

  // Trying sets of them one by one would never end.
  it('takes 256 slices of large models', () => {
    const items = Array.from({ length: 256 }, (_, i) => ({
      cost: BigInt(((i * 7_919) % 66) + 1) * 10n ** 17n + 10n ** 16n,
      value: 1 + ((i * 104_729) % 1_000) / 7,
    }));
    const chosen = knapsack(items, 3_000n * 10n ** 17n);
    expect(chosen.length).toBeGreaterThan(50);
  });
});

describe('a policy', () => {
  const slices = numbered([
    { provable: true, cost: 10n, likelihood: 1, stake: 5 },
    { provable: false, cost: 0n, likelihood: 1, stake: 1 },
    { provable: true, cost: 3n, likelihood: 1, stake: 5 },
    { provable: true, cost: 4n, likelihood: 2, stake: 2 },
    { provable: true, cost: 9n, likelihood: 1, stake: 1 },
  ]);
  const random = { kind: 'random', cheated: 1, require: [] } as const;

  it.each<[string, PolicyChoice, Policy]>([
    ['all', { kind: 'all' }, { required: [0, 2, 3, 4], audits: 0 }],
    ['the last two', { kind: 'last', count: 2 }, { required: [3, 4], audits: 0 }],
    ['what 8 pays for', { kind: 'budget', budget: 8n }, { required: [2, 3], audits: 0 }],
    ['what 14 pays for', { kind: 'budget', budget: 14n }, { required: [0, 2], audits: 0 }],
    // One slice must be required: of the two with most at stake the cheaper one; two of three are drawn.
    ['half of all cheats', { ...random, detection: 0.5 }, { required: [2], audits: 2 }],
    ['all cheats', { ...random, detection: 1 }, { required: [2], audits: 3 }],
    ['half, and the last', { ...random, detection: 0.5, require: [4, 4] }, { required: [4], audits: 2 }],
    ['two cheats', { ...random, detection: 0.5, cheated: 2 }, { required: [2], audits: 1 }],
  ])('of %s', (_name, choice, policy) => {
    expect(choosePolicy(slices, choice)).toEqual(policy);
  });

  it.each<[string, PolicyChoice]>([
    ['POLICY_COUNT', { kind: 'last', count: 0 }],
    ['POLICY_COUNT', { kind: 'last', count: 5 }],
    ['POLICY_COUNT', { kind: 'last', count: 1.5 }],
    ['POLICY_BUDGET', { kind: 'budget', budget: 2n }],
    ['POLICY_BUDGET', { kind: 'mixed', budget: 2n, loss: 1 }],
    ['POLICY_DETECTION', { ...random, detection: 0 }],
    ['POLICY_DETECTION', { ...random, detection: 1.1 }],
    ['POLICY_DETECTION', { ...random, detection: 0.5, cheated: 0 }],
    ['POLICY_REQUIRE', { ...random, detection: 0.5, require: [1] }],
    ['POLICY_REQUIRE', { ...random, detection: 0.5, require: [9] }],
  ])('is refused as %s', (code, choice) => {
    expect(codeOf(() => choosePolicy(slices, choice))).toBe(code);
  });

  it('is refused for a model of which nothing can be proved', () => {
    expect(codeOf(() => choosePolicy([slices[1]], { kind: 'all' }))).toBe('POLICY_NOTHING_PROVABLE');
  });

  it('is a mask of a job', () => {
    expect(maskOf([0, 3, 255])).toBe(1n | 8n | (1n << 255n));
  });

  it('by budget proves the most that any affordable set does', () => {
    fc.assert(
      fc.property(model(8), fc.bigInt({ min: 0n, max: 60n }), (any, budget) => {
        const worth = (ids: readonly number[]): number =>
          ids.reduce((sum, id) => sum + any[id].likelihood * any[id].stake, 0);
        const affordable = subsets(any.length).filter(
          (ids) =>
            ids.every((id) => any[id].provable) && ids.reduce((sum, id) => sum + any[id].cost, 0n) <= budget,
        );
        const most = Math.max(...affordable.map(worth));
        const choice = { kind: 'budget', budget } as const;
        if (most === 0) expect(codeOf(() => choosePolicy(any, choice))).toBe('POLICY_BUDGET');
        else {
          const { required, audits } = choosePolicy(any, choice);
          expect(audits).toBe(0);
          expect(worth(required)).toBe(most);
          expect(affordable).toContainEqual(required);
        }
      }),
    );
  });

  it('mixed leaves the best cheat no more than any affordable set with any audits does', () => {
    fc.assert(
      fc.property(
        model(6),
        fc.bigInt({ min: 0n, max: 50n }),
        fc.integer({ min: 0, max: 9 }),
        (any, budget, loss) => {
          const policies = subsets(any.length)
            .filter((required) => required.length > 0 && required.every((id) => any[id].provable))
            .flatMap((required) => {
              const left = any.filter(({ provable, id }) => provable && !required.includes(id)).length;
              return Array.from({ length: left + 1 }, (_, audits) => ({ required, audits }));
            })
            .map((policy) => ({ policy, ...assessPolicy(any, policy, loss) }))
            .filter(({ highest }) => highest <= budget);
          const gainOf = ({ best }: { best?: { gain: number } }): number => best?.gain ?? -loss;
          const choice = { kind: 'mixed', budget, loss } as const;
          if (policies.length === 0) {
            expect(codeOf(() => choosePolicy(any, choice))).toBe('POLICY_BUDGET');
            return;
          }
          const chosen = assessPolicy(any, choosePolicy(any, choice), loss);
          expect(chosen.highest).toBeLessThanOrEqual(budget);
          expect(gainOf(chosen)).toBeCloseTo(Math.min(...policies.map(gainOf)), 9);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('an assessment', () => {
  const four = numbered([4n, 1n, 2n, 3n].map((cost) => ({ cost, provable: true, likelihood: 1, stake: 12 })));

  it('says what a policy costs and finds', () => {
    expect(assessPolicy(four, { required: [0], audits: 1 }, 6)).toEqual({
      required: 4n,
      highest: 7n,
      expected: 6,
      coverage: [1, 1 / 3, 1 / 3, 1 / 3],
      weighted: 0.5,
      detection: [1 / 3, 2 / 3, 1].map((p) => expect.closeTo(p, 12) as number),
      best: { slice: 1, gain: expect.closeTo(6, 12) as number },
      deterrent: expect.closeTo(24, 9) as number,
      unprovable: [],
    });
  });

  it('finds no cheat that pays when the loss is the deterrent, and one when it is less', () => {
    fc.assert(
      fc.property(model(8), fc.nat(8), (any, some) => {
        const { required } = choosePolicy(any, { kind: 'last', count: 1 });
        const left = any.filter(({ provable, id }) => provable && !required.includes(id)).length;
        const policy = { required, audits: Math.min(some, left) };
        const { deterrent, best } = assessPolicy(any, policy, 0);
        if (deterrent === Infinity) expect(best?.gain).toBeGreaterThan(0);
        else {
          expect(assessPolicy(any, policy, deterrent).best?.gain ?? 0).toBeLessThanOrEqual(1e-9);
          if (deterrent > 0) {
            expect(assessPolicy(any, policy, deterrent * 0.99).best?.gain).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it('names what no policy can have proved', () => {
    const [first, ...rest] = four;
    const slices = [{ ...first, provable: false }, ...rest];
    const { unprovable, coverage, weighted, best, deterrent } = assessPolicy(
      slices,
      choosePolicy(slices, { kind: 'all' }),
      0,
    );
    expect({ unprovable, coverage, weighted, best, deterrent }).toEqual({
      unprovable: [0],
      coverage: [0, 1, 1, 1],
      weighted: 0.75,
      best: undefined,
      deterrent: 0,
    });
  });
});
