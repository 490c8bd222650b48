import {
  bitsOf,
  exact,
  exacts,
  ints,
  minus,
  plus,
  times,
  type Exact,
  type Exacts,
} from '../../../integer/exact.ts';
/** A multilinear form in a table's bits: (monomial, coefficient), a monomial the mask of its bits, 0 for one. */
export type Multilinear = readonly (readonly [monomial: number, coefficient: Exact])[];

/** One class of upper halves that is not the first: see constrainTable. */
interface TableChoice {
  /** 1 when the upper half is in the class, else 0. */
  readonly chosen: Multilinear;
  readonly difference: Multilinear;
  /** The same as numbers: the upper halves of the class, and what it has more by lower half. */
  readonly members: ReadonlySet<number>;
  readonly differences: Exacts;
}

/** How a table of constants becomes rows. */
export type TablePlan =
  | { readonly kind: 'affine'; readonly slope: Exact; readonly offset: Exact }
  | {
      readonly kind: 'halves';
      /** Bits of x − low. */
      readonly n: number;
      readonly low: Exact;
      /** Bits of the lower half. */
      readonly lower: number;
      /** Products of two bits and more, each after the one that it extends by its top bit. */
      readonly products: readonly number[];
      readonly choices: readonly TableChoice[];
      readonly rest: Multilinear;
    };

/** A table over an interval that is within it. */
export interface TableRequest {
  /** What the argument may be, both ends included. */
  readonly low: Exact;
  readonly high: Exact;
  /** values[x − first]. */
  readonly first: Exact;
  readonly values: Int32Array;
}

/** The cheapest plan: every split into halves is tried and counted. */
export function planTable({ low, high, first, values }: TableRequest): TablePlan {
  const used = ints(values).subarray(minus(low, first), plus(minus(high, first), 1));
  const slope = used.length === 1 ? exact(0) : minus(used[1], used[0]);
  if (used.findIndex((value, i) => value !== plus(used[0], times(slope, exact(i)))) < 0) {
    return { kind: 'affine', slope, offset: minus(used[0], times(slope, low)) };
  }
  const n = bitsOf(exact(used.length - 1));
  // Past the interval the argument never is: the last value again, which joins classes.
  const full = exacts(2 ** n).map((_, i) => used[Math.min(i, used.length - 1)]);
  let best: Extract<TablePlan, { kind: 'halves' }> | undefined;
  for (let lower = 0; lower <= n; lower++) {
    // The products of one half alone cost more than a split in the middle: no need to build them.
    if (n > 4 && Math.abs(2 * lower - n) > n / 2) continue;
    const plan = halves(full, n, lower, low);
    if (!best || plan.products.length + plan.choices.length < best.products.length + best.choices.length)
      best = plan;
  }
  return best!;
}

/** The lower half of an argument's distance from the table's start. */
export function lowPart({ lower }: { readonly lower: number }, at: number): number {
  return at & (2 ** lower - 1);
}

export function highPart({ lower }: { readonly lower: number }, at: number): number {
  return at >> lower;
}

function halves(
  values: Exacts,
  n: number,
  lower: number,
  low: Exact,
): Extract<TablePlan, { kind: 'halves' }> {
  const size = 2 ** lower;
  const rowOf = (upper: number): Exacts => values.subarray(upper * size, (upper + 1) * size);
  const first = rowOf(0);
  const classes = new Map<string, { members: Set<number>; differences: Exacts }>();
  for (let upper = 1; upper < 2 ** (n - lower); upper++) {
    const row = rowOf(upper);
    const differences = row.map((value, i) => minus(minus(value, row[0]), minus(first[i], first[0])));
    if (differences.findIndex((value) => value !== 0) < 0) continue;
    const key = [...differences].join();
    const known = classes.get(key);
    if (known) known.members.add(upper);
    else classes.set(key, { members: new Set([upper]), differences });
  }
  const choices = [...classes.values()].map(({ members, differences }): TableChoice => {
    const chosen = exacts(2 ** (n - lower)).map((_, upper) => exact(members.has(upper) ? 1 : 0));
    return {
      members,
      differences,
      chosen: multilinear(chosen, lower),
      difference: multilinear(differences, 0),
    };
  });
  const constants = exacts(2 ** (n - lower)).map((_, upper) => minus(rowOf(upper)[0], first[0]));
  const rest = [...multilinear(first, 0), ...multilinear(constants, lower)];
  const forms = [rest, ...choices.flatMap(({ chosen, difference }) => [chosen, difference])];
  return { kind: 'halves', n, low, lower, products: productsOf(forms), choices, rest };
}

/** A function of bits by its values: f = Σ coefficient · monomial (Möbius inversion); bit i of it is bit i + shift. */
function multilinear(values: Exacts, shift: number): Multilinear {
  const coefficients = exacts(values.length);
  coefficients.set(values);
  for (let bit = 1; bit < coefficients.length; bit *= 2) {
    for (let i = 0; i < coefficients.length; i++) {
      if (i & bit) coefficients[i] = minus(coefficients[i], coefficients[i - bit]);
    }
  }
  return Array.from(coefficients, (coefficient, i) => [i << shift, coefficient] as const).filter(
    ([, coefficient]) => coefficient !== 0,
  );
}

/** What forms need of products, with those that these are made from. */
function productsOf(forms: readonly Multilinear[]): readonly number[] {
  const needed = new Set<number>();
  for (const [monomial] of forms.flat()) {
    for (let mask = monomial; (mask & (mask - 1)) !== 0; mask -= 2 ** (31 - Math.clz32(mask)))
      needed.add(mask);
  }
  return [...needed].toSorted((a, b) => a - b);
}
