import { missProbability } from './detection.ts';
import { singleCheat } from './mixed.ts';
import { populationOf, type Policy, type PolicySlice } from './policy.ts';

/** What a policy costs and what it is worth. */
export interface Assessment {
  /** Cost of the required slices. */
  readonly required: bigint;
  /** With the dearest draw: what the escrow must hold for proofs. */
  readonly highest: bigint;
  /** With the average draw. */
  readonly expected: number;
  /** Of each slice, by id, the probability that it is proved. */
  readonly coverage: readonly number[];
  /** Σ coverage · likelihood · stake over all slices, against the whole: of a cheat that doesn't read the job. */
  readonly weighted: number;
  /** Probability to catch a cheat in that many slices, all outside the required ones, for 1, 2, 3 … */
  readonly detection: readonly number[];
  /** The best single cheat in a provable slice: where, and what it expects. Absent when all are required. */
  readonly best?: { readonly slice: number; readonly gain: number };
  /** The least that whoever is caught must lose for no single cheat in a provable slice to pay; Infinity: nothing does it. */
  readonly deterrent: number;
  /** Slices that can't be proved and have something at stake: there every policy leaves it to the executor. */
  readonly unprovable: readonly number[];
}

/** @param loss what whoever is caught loses, in the unit of the stakes */
export function assessPolicy(slices: readonly PolicySlice[], policy: Policy, loss: number): Assessment {
  const population = populationOf(slices, policy.required);
  const share = population.length === 0 ? 0 : policy.audits / population.length;
  const coverage = slices.map(({ id, provable }) =>
    policy.required.includes(id) ? 1 : provable ? share : 0,
  );
  const sum = (of: readonly PolicySlice[]): bigint => of.reduce((total, { cost }) => total + cost, 0n);
  const required = sum(slices.filter(({ id }) => policy.required.includes(id)));
  const dearest = population.toSorted((a, b) => Number(b.cost > a.cost) - Number(b.cost < a.cost));
  const risk = (at: (index: number) => number): number =>
    slices.reduce((total, { likelihood, stake }, index) => total + at(index) * likelihood * stake, 0);
  const all = risk(() => 1);
  const best = population
    .map(({ id, stake }) => ({ slice: id, gain: singleCheat(stake, share, loss) }))
    .reduce<Assessment['best']>(
      (most, one) => (most === undefined || one.gain > most.gain ? one : most),
      undefined,
    );
  return {
    required,
    highest: required + sum(dearest.slice(0, policy.audits)),
    expected: Number(required) + share * Number(sum(population)),
    coverage,
    weighted: all === 0 ? 1 : risk((index) => coverage[index]) / all,
    detection: Array.from(
      { length: population.length },
      (_, i) => 1 - missProbability(population.length, i + 1, policy.audits),
    ),
    ...(best === undefined ? {} : { best }),
    deterrent: population.reduce(
      (most, { stake }) => (stake === 0 ? most : Math.max(most, (stake * (1 - share)) / share)),
      0,
    ),
    unprovable: slices.filter(({ provable, stake }) => !provable && stake > 0).map(({ id }) => id),
  };
}
