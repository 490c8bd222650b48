import { auditsFor } from './detection.ts';
import { PolicyError } from './errors.ts';
import { knapsack } from './knapsack.ts';
import { mixedPolicy } from './mixed.ts';
import { populationOf, provableOf, type Policy, type PolicyChoice, type PolicySlice } from './policy.ts';

/**
 * What to have proved; the mathematics is in docs/verification-policy.md.
 * @throws PolicyError POLICY_NOTHING_PROVABLE, POLICY_COUNT, POLICY_BUDGET, POLICY_DETECTION, POLICY_REQUIRE
 */
export function choosePolicy(slices: readonly PolicySlice[], choice: PolicyChoice): Policy {
  const provable = provableOf(slices);
  const ids = provable.map(({ id }) => id);
  if (ids.length === 0) {
    throw new PolicyError('POLICY_NOTHING_PROVABLE', 'the model has no slice that can be proved');
  }
  switch (choice.kind) {
    case 'all':
      return { required: ids, audits: 0 };
    case 'last':
      if (!Number.isInteger(choice.count) || choice.count < 1 || choice.count > ids.length) {
        throw new PolicyError('POLICY_COUNT', `expected 1 to ${ids.length} slices, got ${choice.count}`);
      }
      return { required: ids.slice(-choice.count), audits: 0 };
    case 'budget':
      return budgetPolicy(provable, choice.budget);
    case 'random':
      return randomPolicy(slices, provable, choice);
    case 'mixed':
      return mixedPolicy(provable, choice.budget, choice.loss);
  }
}

function budgetPolicy(provable: readonly PolicySlice[], budget: bigint): Policy {
  const items = provable.map(({ cost, likelihood, stake }) => ({ cost, value: likelihood * stake }));
  const required = knapsack(items, budget).map((position) => provable[position].id);
  if (required.length > 0) return { required, audits: 0 };
  throw new PolicyError('POLICY_BUDGET', `nothing of value can be proved for ${budget}`, {
    hint: 'Raise the budget, or say what is at stake in which slice.',
  });
}

function randomPolicy(
  slices: readonly PolicySlice[],
  provable: readonly PolicySlice[],
  { detection, cheated, require }: Extract<PolicyChoice, { kind: 'random' }>,
): Policy {
  if (!(detection > 0 && detection <= 1) || !Number.isInteger(cheated) || cheated < 1) {
    throw new PolicyError(
      'POLICY_DETECTION',
      `expected a probability above 0, at most 1, and at least one cheated slice, got ${detection} and ${cheated}`,
    );
  }
  const unknown = require.find((id) => !provable.some((slice) => slice.id === id));
  if (unknown !== undefined) {
    throw new PolicyError('POLICY_REQUIRE', `slice ${unknown} is none of the model's provable slices`);
  }
  const required =
    require.length > 0 ? [...new Set(require)].toSorted((a, b) => a - b) : [mostAtStake(provable).id];
  const { length: population } = populationOf(slices, required);
  return { required, audits: auditsFor(population, cheated, detection) ?? 0 };
}

/** A job must require one slice at least: the one with most at stake, and of those the cheapest. */
function mostAtStake(provable: readonly PolicySlice[]): PolicySlice {
  return provable.reduce((best, slice) =>
    slice.stake > best.stake || (slice.stake === best.stake && slice.cost < best.cost) ? slice : best,
  );
}
