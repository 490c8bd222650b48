import { exact, negated, times, type Exact } from '../../integer/exact.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/** A short linear form: (wire, factor) terms. */
export type ShortForm = readonly (readonly [wire: number, factor: Exact])[];

/**
 * e = 1 when all of m booleans are zero, else 0.
 *
 * Statement: e = [S = 0] for S = Σ z_i in [0, m].
 * Constraints: m = 1: none, e is the form 1 − S. m = 2: 1 row, (1 − S)(2 − S) = 2e. m = 3, 4: 2 rows,
 * y = (1 − S)(4 − S) and y · (y + 2) = 24e, as y + 2 = (2 − S)(3 − S). More: 3 rows, S · i = 1 − e,
 * S · e = 0, i · e = 0.
 * Argument: up to 4 the polynomial is 1 at 0 and 0 at 1 … m. Beyond: S = 0 gives e = 1 by the first row and
 * i = 0 by the third; S ≠ 0 gives e = 0 by the second and i = 1/S by the first. So e, y and i are unique.
 */
export function constrainAllZero(builder: R1csBuilder, booleans: readonly ShortForm[]): ShortForm {
  const sum = booleans.flat();
  const one = exact(1);
  const push = (side: 'a' | 'b', form: ShortForm, sign: 1 | -1, constant: number): void => {
    if (constant !== 0) builder[side].push(ONE, builder.scaled(exact(constant)));
    for (const [wire, factor] of form) builder[side].push(wire, builder.scaled(times(sign, factor)));
  };
  const count = booleans.length;
  if (count === 1) return [[ONE, one], ...sum.map(([wire, factor]) => [wire, negated(factor)] as const)];
  if (count === 2) {
    const e = builder.newWires(1);
    push('a', sum, -1, 1);
    push('b', sum, -1, 2);
    builder.c.push(e, builder.scaled(2));
    builder.endRow();
    return [[e, one]];
  }
  const helper = builder.newWires(2);
  const e = helper + 1;
  if (count <= 4) {
    push('a', sum, -1, 1);
    push('b', sum, -1, 4);
    builder.c.push(helper, builder.scaled(1));
    builder.endRow();
    push('a', [[helper, one]], 1, 0);
    push('b', [[helper, one]], 1, 2);
    builder.c.push(e, builder.scaled(exact(24)));
    builder.endRow();
    return [[e, one]];
  }
  push('a', sum, 1, 0);
  push('b', [[helper, one]], 1, 0);
  builder.c.push(ONE, builder.scaled(1));
  builder.c.push(e, builder.scaled(-1));
  builder.endRow();
  push('a', sum, 1, 0);
  push('b', [[e, one]], 1, 0);
  builder.endRow();
  push('a', [[helper, one]], 1, 0);
  push('b', [[e, one]], 1, 0);
  builder.endRow();
  return [[e, one]];
}

/** Rows of {@link constrainAllZero} for `count` ≥ 1 booleans. */
export function allZeroRows(count: number): number {
  if (count <= 2) return count - 1;
  return count <= 4 ? 2 : 3;
}

/** The wires of {@link constrainAllZero}, given the number of ones. */
export function assignAllZero(writer: WitnessWriter, count: number, sum: number): void {
  if (count === 1) return;
  if (count > 4) writer.nextInverse(exact(sum));
  else if (count > 2) writer.next(exact((1 - sum) * (4 - sum)));
  writer.next(sum === 0 ? 1 : 0);
}
