import { larger, minus, type Exact } from '../../integer/exact.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/**
 * d_i = m − x_i for the largest m of some forms x_i.
 *
 * Statement: every d_i is in [0, 2^n), and one of them is zero: ∏ d_i = 0.
 * d_i = Σ 2^j · b_ij, the lowest bit being the form m − x_i − Σ_(j≥1) 2^j · b_ij as in {@link constrainRange}; m is
 * a wire.
 * Constraints: n a form and one less than there are forms (nothing for one form alone, which is its own maximum).
 * A tree of maxima takes n + 2 a comparison and does not bound the d_i from below.
 * Argument: m is at least every x_i and, since a product is zero in a field only with one of its factors, equal to
 * one: the largest. No bound on m has to be known beforehand, for no equation here shares a row.
 */
export function constrainBelowMax(
  builder: R1csBuilder,
  n: number,
  values: LinearForms,
  target: LinearForms,
): void {
  const { count } = values;
  if (count === 1) {
    target.close(0);
    return;
  }
  const most = builder.newWires(1);
  const first = target.count;
  for (let i = 0; i < count; i++) {
    target.term(most, 1);
    target.close(target.terms(values, i, -1));
  }
  for (let i = 0; i < count; i++) {
    const bits = builder.newWires(n - 1);
    for (const [side, less] of [
      [builder.a, 0],
      [builder.b, 1],
    ] as const) {
      target.pushTo(side, builder, first + i, 1, 0);
      if (less > 0) side.push(ONE, builder.scaled(-1));
      for (let j = 1; j < n; j++) side.push(bits + j - 1, builder.scaled(-1, j));
    }
    builder.endRow();
    for (let j = 1; j < n; j++) builder.boolean(bits + j - 1);
  }
  let product: number | undefined;
  for (let i = 1; i < count; i++) {
    if (product === undefined) target.pushTo(builder.a, builder, first, 1, 0);
    else builder.a.push(product, builder.scaled(1));
    target.pushTo(builder.b, builder, first + i, 1, 0);
    if (i < count - 1) {
      product = builder.newWires(1);
      builder.c.push(product, builder.scaled(1));
    }
    builder.endRow();
  }
}

export function belowMaxRows(n: number, count: number): number {
  return count === 1 ? 0 : count * n + count - 1;
}

/** The wires of {@link constrainBelowMax} in its order. */
export function assignBelowMax(writer: WitnessWriter, n: number, values: readonly Exact[]): void {
  const { length } = values;
  if (length === 1) return;
  const most = values.reduce(larger);
  writer.next(most);
  for (const value of values) writer.nextBits(BigInt(minus(most, value)), n, 0);
  let product = BigInt(minus(most, values[0]));
  for (let i = 1; i < length - 1; i++) {
    product = writer.nextModular(product * BigInt(minus(most, values[i])));
  }
}
