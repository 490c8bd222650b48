/** A slice as a policy sees it. */
export interface PolicySlice {
  readonly id: number;
  readonly provable: boolean;
  /** The most that a proof of it costs, in whatever unit the budget is in. */
  readonly cost: bigint;
  /** How likely a cheat is to be in this slice, against the others. Only `budget` uses it. */
  readonly likelihood: number;
  /** What a wrong result of this slice is worth to whoever cheats. */
  readonly stake: number;
}

/** What a job asks to have proved: what `post` takes. */
export interface Policy {
  /** Slices that are proved for certain, ascending, at least one: a job with none asks for all. */
  readonly required: readonly number[];
  /** How many of the other provable slices are drawn once the executor is bound to its trace. */
  readonly audits: number;
}

/** How to choose. */
export type PolicyChoice =
  | { readonly kind: 'all' }
  /** The last `count` provable slices. */
  | { readonly kind: 'last'; readonly count: number }
  /** Without audits, the most of Σ likelihood · stake that the budget proves. */
  | { readonly kind: 'budget'; readonly budget: bigint }
  /** As many audits as catch an executor that cheats in `cheated` of the slices not required with this probability. */
  | {
      readonly kind: 'random';
      readonly detection: number;
      readonly cheated: number;
      readonly require: readonly number[];
    }
  /** Required slices and audits, for the least that the best single cheat can expect. */
  | { readonly kind: 'mixed'; readonly budget: bigint; readonly loss: number };

/** Provable slices of a model. */
export function provableOf(slices: readonly PolicySlice[]): readonly PolicySlice[] {
  return slices.filter(({ provable }) => provable);
}

/** The slices that audits are drawn from. */
export function populationOf(
  slices: readonly PolicySlice[],
  required: readonly number[],
): readonly PolicySlice[] {
  return provableOf(slices).filter(({ id }) => !required.includes(id));
}
