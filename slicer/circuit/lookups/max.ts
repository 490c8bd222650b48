import { larger, minus, negated, plus, power, type Exact } from '../../integer/exact.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { MaxPlan } from '../gadgets/max.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { assignDigits, constrainDigits, demandDigits, roundedWidths, sumOf } from './digits.ts';
import type { LookupWriter } from './writer.ts';

/**
 * max(left, right) of two linear forms of committed wires, or what they determine, by lookups.
 *
 * Statement: with d = left − right in [−2^k, 2^k) and W ≥ k the digits' bits, d + 2^W − 2^W · g = Σ 2^(o_i) · d_i; the
 * maximum is right + u with u = g · Σ 2^(o_i) · d_i.
 * Rows, those of committed wires included: 2c + 1 for c digits: a boolean, a product, and 2c − 1 for the digits.
 * Argument: g is boolean and the digits' sum is in [0, 2^W), so g = [d ≥ 0] as d is an integer of that interval by
 * what is proved of left and right; if g = 1 the sum is d. Unlike the booleans' gadget, equations are not batched, so
 * nothing rests on a bound that the same node has yet to prove.
 *
 * @param target takes the maximum; its number is answered
 */
export function constrainLookupMax(
  builder: R1csBuilder,
  lookups: LookupArgument,
  { plan, most }: LookupMax,
  forms: LinearForms,
  left: number,
  right: number,
): number {
  if (plan.kind !== 'compare') return plan.kind === 'left' ? left : right;
  const widths = roundedWidths(Math.max(1, plan.k), most);
  const unit = power(sumOf(widths));
  const g = builder.newWires(1);
  lookups.boolean(g);
  const difference = plus(forms.terms(forms, left, 1), forms.terms(forms, right, -1));
  const constant = plus(difference, unit);
  forms.term(g, negated(unit));
  const rest = forms.close(constant);
  constrainDigits(lookups, forms, rest, widths);
  const product = builder.newWires(1);
  builder.a.push(g, builder.scaled(1));
  const restConstant = forms.each(rest, (wire, factor) => builder.b.push(wire, builder.scaled(factor)));
  if (restConstant !== 0) builder.b.push(ONE, builder.scaled(restConstant));
  builder.c.push(product, builder.scaled(1));
  builder.endRow();
  const rightConstant = forms.terms(forms, right, 1);
  forms.term(product, 1);
  return forms.close(rightConstant);
}

/** A comparison, and the bits of a digit. */
export interface LookupMax {
  readonly plan: MaxPlan;
  readonly most: number;
}

/** Rows besides the argument's. */
export function lookupMaxRows({ plan }: LookupMax): number {
  return plan.kind === 'compare' ? 2 : 0;
}

export function demandLookupMax(demand: LookupDemand, { plan, most }: LookupMax, count = 1): void {
  if (plan.kind !== 'compare') return;
  demand.boolean(count);
  demandDigits(demand, roundedWidths(Math.max(1, plan.k), most), count);
}

/** The wires of {@link constrainLookupMax}; the larger value. */
export function assignLookupMax(
  writer: WitnessWriter,
  lookups: LookupWriter,
  { plan, most }: LookupMax,
  left: Exact,
  right: Exact,
): Exact {
  if (plan.kind !== 'compare') return plan.kind === 'left' ? left : right;
  const widths = roundedWidths(Math.max(1, plan.k), most);
  const difference = minus(left, right);
  lookups.boolean(difference >= 0 ? 1 : 0);
  assignDigits(lookups, difference >= 0 ? difference : plus(difference, power(sumOf(widths))), widths);
  writer.next(larger(0, difference));
  return larger(left, right);
}
