import { exact, minus, plus, times, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { Multilinear, TablePlan } from '../nodes/plans/table-plan.ts';
import { highPart, lowPart } from '../nodes/plans/table-plan.ts';

/**
 * y = values[x − low], for a form x whose interval lies in the table.
 *
 * Statement: x − low = Σ_(i<n) 2^i · b_i with booleans b_i, and y = f(b_0 … b_(n−1)).
 * The bits are two halves. Every function of one half is a form in the products of that half's bits, which
 * cost 2^h − 1 − h rows for h bits. Rows of the table (one for each upper half) that differ by a constant are
 * one class; with D_c(lower half) what class c has more than the first class,
 *   y = first(lower half) + constant(upper half) + Σ_c [upper half in class c] · D_c(lower half),
 * one product for each class but the first. The last of them is not a wire of its own: its row is
 * [in class c] · D_c = y − everything else.
 * Constraints: n booleans, the products of bits that some form uses ({@link TablePlan.products}), one for
 * each further class, and width n in a shared linear row. 45 for 8 bits and a function without any
 * pattern: 3 · 2^(n/2) − 3 for even n. None where the table is affine on the interval.
 * Argument: |x − low − Σ 2^i · b_i| < 2^n, so the batched equation holds over the integers and the bits are
 * x's own; everything else is a product or a sum of them. No wire is free.
 */
export function constrainTable(
  builder: R1csBuilder,
  batch: LinearBatch,
  plan: TablePlan,
  source: LinearForms,
  index: number,
  target: LinearForms,
): void {
  if (plan.kind === 'affine') {
    const constant = target.terms(source, index, plan.slope);
    target.close(plus(constant, plan.offset));
    return;
  }
  const { n, low, products } = plan;
  const bits = builder.newWires(n);
  batch.open(n);
  batch.form(source, index, 1);
  batch.constant(-BigInt(low));
  for (let i = 0; i < n; i++) {
    builder.boolean(bits + i);
    batch.term(bits + i, -1, i);
  }
  const wireOf = new Map<number, number>(Array.from({ length: n }, (_, i) => [2 ** i, bits + i]));
  for (const monomial of products) {
    const wire = builder.newWires(1);
    const top = 2 ** (31 - Math.clz32(monomial));
    builder.product(wireOf.get(monomial - top)!, wireOf.get(top)!, wire);
    wireOf.set(monomial, wire);
  }
  const push = (side: 'a' | 'b' | 'c', form: Multilinear, sign: 1 | -1): void => {
    for (const [monomial, coefficient] of form) {
      builder[side].push(
        monomial === 0 ? 0 : wireOf.get(monomial)!,
        builder.scaled(times(sign, coefficient)),
      );
    }
  };
  const choices = plan.choices.map((choice, i) => {
    push('a', choice.difference, 1);
    push('b', choice.chosen, 1);
    const wire = builder.newWires(1);
    builder.c.push(wire, builder.scaled(1));
    if (i < plan.choices.length - 1) builder.endRow();
    return wire;
  });
  const y = choices.pop();
  if (y === undefined) {
    let constant = exact(0);
    for (const [monomial, coefficient] of plan.rest) {
      if (monomial === 0) constant = coefficient;
      else target.term(wireOf.get(monomial)!, coefficient);
    }
    target.close(constant);
    return;
  }
  push('c', plan.rest, -1);
  for (const wire of choices) builder.c.push(wire, builder.scaled(-1));
  builder.endRow();
  target.term(y, 1);
  target.close(0);
}

/** Width that a table takes in a linear row; 0 for none. */
export function tableSlot(plan: TablePlan): number {
  return plan.kind === 'affine' ? 0 : plan.n;
}

/** Rows of a table besides its part of a linear row. */
export function tableRows(plan: TablePlan): number {
  return plan.kind === 'affine' ? 0 : plan.n + plan.products.length + plan.choices.length;
}

/** The wires of {@link constrainTable} in its order, for an argument and the table's value there. */
export function assignTable(writer: WitnessWriter, plan: TablePlan, x: Exact, y: Exact): void {
  if (plan.kind === 'affine') return;
  const at = minus(x, plan.low);
  writer.nextBits(BigInt(at), plan.n, -1);
  const mask: number = at;
  for (const monomial of plan.products) writer.next((mask & monomial) === monomial ? 1 : 0);
  const [lower, upper] = [lowPart(plan, at), highPart(plan, at)];
  for (const [i, choice] of plan.choices.entries()) {
    if (i === plan.choices.length - 1) writer.next(y);
    else writer.next(choice.members.has(upper) ? choice.differences[lower] : 0);
  }
}
