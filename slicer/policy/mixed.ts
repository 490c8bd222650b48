import { PolicyError } from './errors.ts';
import type { Policy, PolicySlice } from './policy.ts';

/**
 * Required slices and a number of audits for which the best single cheat expects least, among all whose highest cost
 * is within the budget. The executor knows what is required and how many are drawn, not which: a leader-follower
 * ("Stackelberg") game, in which all that the leader can choose is (R, k), since the draw is uniform.
 *
 * Exact, by exchange. Let t be the greatest stake outside an optimal R. R holds all slices of larger stake, and of
 * the others some number e. Take instead the e cheapest of the others: as many are left and as many are drawn, the
 * greatest stake left is no larger, and the highest cost Σ_R + (the k dearest outside R) is no larger either, since
 * exchanging a slice in R for a cheaper one lowers the first sum by the difference and raises the second by at most
 * that. So it is enough to try every t and e, with the largest k that the budget allows.
 * @param loss what whoever is caught loses
 * @throws PolicyError POLICY_BUDGET
 */
export function mixedPolicy(provable: readonly PolicySlice[], budget: bigint, loss: number): Policy {
  let best: (Candidate & { readonly policy: Policy }) | undefined;
  for (const threshold of new Set([...provable.map(({ stake }) => stake), -Infinity])) {
    const forced = provable.filter(({ stake }) => stake > threshold);
    const others = provable
      .filter(({ stake }) => stake <= threshold)
      .toSorted((a, b) => compare(a.cost, b.cost) || b.stake - a.stake || a.id - b.id);
    const table = tableOf(forced, others);
    for (let extra = 0; extra <= others.length; extra++) {
      if (forced.length + extra === 0) continue;
      const candidate = bestAudits(table, extra, budget, loss);
      if (candidate === undefined || !better(candidate, best)) continue;
      const required = [...forced, ...others.slice(0, extra)].map(({ id }) => id).toSorted((a, b) => a - b);
      best = { ...candidate, policy: { required, audits: candidate.audits } };
    }
  }
  if (best !== undefined) return best.policy;
  const least = provable.reduce((cost, slice) => (slice.cost < cost ? slice.cost : cost), provable[0].cost);
  throw new PolicyError(
    'POLICY_BUDGET',
    `the budget of ${budget} doesn't pay for one slice: the cheapest costs ${least}`,
  );
}

interface Candidate {
  readonly gain: number;
  readonly cost: bigint;
  readonly audits: number;
}

interface Table {
  readonly forcedCost: bigint;
  readonly count: number;
  /** Sums of the costs of the first i others, cheapest first. */
  readonly sums: readonly bigint[];
  /** Greatest stake of the others from i on. */
  readonly stakes: readonly number[];
}

function tableOf(forced: readonly PolicySlice[], others: readonly PolicySlice[]): Table {
  const sums = [0n];
  for (const { cost } of others) sums.push(sums[sums.length - 1] + cost);
  const stakes = new Array<number>(others.length).fill(0);
  for (let i = others.length - 1; i >= 0; i--) stakes[i] = Math.max(others[i].stake, stakes[i + 1] ?? 0);
  const forcedCost = forced.reduce((sum, { cost }) => sum + cost, 0n);
  return { forcedCost, count: others.length, sums, stakes };
}

/** More audits never help the cheat, so the largest affordable number is the best. */
function bestAudits(
  { forcedCost, count, sums, stakes }: Table,
  extra: number,
  budget: bigint,
  loss: number,
): Candidate | undefined {
  const population = count - extra;
  const costOf = (audits: number): bigint => forcedCost + sums[extra] + sums[count] - sums[count - audits];
  if (costOf(0) > budget) return undefined;
  let [low, high] = [0, population];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (costOf(middle) <= budget) low = middle;
    else high = middle - 1;
  }
  const gain = population === 0 ? -loss : singleCheat(stakes[extra], low / population, loss);
  return { gain, cost: costOf(low), audits: low };
}

/** What a cheat in one slice of this stake expects when it is proved with this probability. */
export function singleCheat(stake: number, coverage: number, loss: number): number {
  return (1 - coverage) * stake - coverage * loss;
}

function better(a: Candidate, b: Candidate | undefined): boolean {
  return b === undefined || a.gain < b.gain || (a.gain === b.gain && a.cost < b.cost);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
