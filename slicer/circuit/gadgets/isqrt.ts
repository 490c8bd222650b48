import { minus, times, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { assignRange, constrainRange, rangeRows } from './bits.ts';
import { bitLength } from './rescale.ts';

/**
 * y = ⌊√v⌋ for v ≥ 0.
 *
 * Statement: y² = v − r with 0 ≤ r ≤ 2y, which is y² ≤ v < (y + 1)². y is a wire of `bits` bits
 * ({@link constrainRange}); r = Σ 2^i · r_i and 2y − r = Σ 2^i · t_i have n bits each.
 * Constraints: bits + 2n + 1, and width n + 2 in a shared linear row.
 * Argument: v is an integer of its interval by earlier rows, below 2^52. y < 2^bits ≤ 2^27 by its range, so
 * y² is below the field's order and y² = v − r holds over the integers; so does 2y − r = Σ 2^i · t_i in its slot.
 * Then y² ≤ v ≤ y² + 2y, which one y ≥ 0 fulfils. (Without y's range −y is a solution modulo the order, and
 * for a square any root of v − r would be.)
 * |2y − r − Σ 2^i · t_i| < 2^(n+1), so that a slot of n + 1 bits would do. But y is a hint as well, and of two witnesses
 * the differences reach 3 · 2^n: the checker of uniqueness, which looks at differences, doesn't see it.
 */
export interface IsqrtPlan {
  readonly bits: number;
  readonly n: number;
}

/** @param most the largest root */
export function planIsqrt(most: Exact): IsqrtPlan {
  const bits = Math.max(1, bitLength(BigInt(most)));
  return { bits, n: bits + 1 };
}

export function isqrtRows({ bits, n }: IsqrtPlan): number {
  return rangeRows(bits) + 2 * n + 1;
}

export function isqrtSlot({ n }: IsqrtPlan): number {
  return n + 2;
}

/** Puts the root of a form at the end of `target`: one wire. */
export function constrainIsqrt(
  builder: R1csBuilder,
  batch: LinearBatch,
  { bits, n }: IsqrtPlan,
  source: LinearForms,
  index: number,
  target: LinearForms,
): void {
  const y = builder.newWires(1);
  constrainRange(builder, y, 0, bits);
  const remainder = builder.newWires(2 * n);
  const rest = remainder + n;
  batch.open(n + 2);
  batch.term(y, 2);
  for (let i = 0; i < n; i++) {
    for (const wire of [remainder + i, rest + i]) {
      builder.boolean(wire);
      batch.term(wire, -1, i);
    }
  }
  builder.a.push(y, builder.scaled(1));
  builder.b.push(y, builder.scaled(1));
  source.pushTo(builder.c, builder, index, 1, 0);
  for (let i = 0; i < n; i++) builder.c.push(remainder + i, builder.scaled(-1, i));
  builder.endRow();
  target.term(y, 1);
  target.close(0);
}

/** The wires of {@link constrainIsqrt} in its order. */
export function assignIsqrt(writer: WitnessWriter, { bits, n }: IsqrtPlan, v: Exact, y: Exact): void {
  writer.next(y);
  assignRange(writer, y, 0, bits);
  const remainder = minus(v, times(y, y));
  writer.nextBits(BigInt(remainder), n, -1);
  writer.nextBits(BigInt(minus(times(2, y), remainder)), n, -1);
}
