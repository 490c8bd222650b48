import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';

/**
 * p = left · right of two forms.
 *
 * Constraints: 1. Argument: the row says it; the product of two intervals is below 2^53, so it is the integers'.
 */
export function constrainProduct(
  builder: R1csBuilder,
  [left, right]: readonly [LinearForms, LinearForms],
  [at, other]: readonly [number, number],
  target: LinearForms,
): void {
  const wire = builder.newWires(1);
  left.pushTo(builder.a, builder, at, 1, 0);
  right.pushTo(builder.b, builder, other, 1, 0);
  builder.c.push(wire, builder.scaled(1));
  builder.endRow();
  target.term(wire, 1);
  target.close(0);
}

export const PRODUCT_ROWS = 1;
