/** Something to take or to leave. */
export interface Item {
  readonly cost: bigint;
  readonly value: number;
}

/** A set of items that no other beats in both cost and value. */
interface Choice {
  readonly cost: bigint;
  readonly value: number;
  readonly last: number;
  readonly before: Choice | undefined;
}

/**
 * The items of greatest total value within a budget, exactly: 0/1 knapsack by its Pareto front (Nemhauser and
 * Ullmann, "Discrete dynamic programming and capital allocation", Management Science 15, 1969). After each item only
 * sets are kept that cost less or are worth more than every other, so whole costs up to W keep the front at W + 1 sets.
 * @returns positions, ascending; of equal values the cheapest set
 */
export function knapsack(items: readonly Item[], budget: bigint): readonly number[] {
  const nothing: Choice = { cost: 0n, value: 0, last: -1, before: undefined };
  let front: readonly Choice[] = [nothing];
  for (const [index, { cost, value }] of items.entries()) {
    const taken = front
      .filter((choice) => choice.cost + cost <= budget)
      .map((before) => ({ cost: before.cost + cost, value: before.value + value, last: index, before }));
    front = undominated(front, taken);
  }
  const chosen: number[] = [];
  for (let choice = front.at(-1); choice?.before !== undefined; choice = choice.before)
    chosen.push(choice.last);
  return chosen.reverse();
}

/** Merges two lists of ascending cost, and leaves out what costs no less than something worth as much. */
function undominated(a: readonly Choice[], b: readonly Choice[]): readonly Choice[] {
  const front: Choice[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const fromA = j >= b.length || (i < a.length && a[i].cost <= b[j].cost);
    const next = fromA ? a[i++] : b[j++];
    const best = front.at(-1);
    if (best === undefined || next.value > best.value) {
      if (best?.cost === next.cost) front.pop();
      front.push(next);
    }
  }
  return front;
}
