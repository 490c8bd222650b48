import { difference, larger, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { bitLength } from './rescale.ts';

/**
 * max(left, right) of two linear forms whose difference d = left − right has its own interval.
 *
 * Statement: with d in [−2^k, 2^k) for every value of the interval, d + 2^k = Σ_(i<k) 2^i · bit_i + 2^k · g;
 * the maximum is right + u with u = g · Σ_(i<k) 2^i · bit_i.
 * Constraints: k + 1 booleans and 1 product, and `width` in a shared linear row. No rows when the interval
 * already says which is larger.
 * Argument: the equation holds over the integers ({@link LinearBatch}), so g = [d ≥ 0], and if g = 1 the
 * lower bits are d itself: u = d and right + u = left; if g = 0, u = 0. (u = g · d, but the product with the
 * bits keeps the long forms out of the prover's A and B.) Every wire is a function of left and right.
 *
 * While the equation is still in its batch, booleans alone put right + u anywhere in right + [0, 2^k − 1].
 * That `excess` widens the equations of maxima over this one, which may stand in the same batch.
 */
export type MaxPlan =
  | { readonly kind: 'left' }
  | { readonly kind: 'right' }
  | { readonly kind: 'compare'; readonly k: number; readonly width: number };

/** One side of a comparison: how far it may be above its own first argument before equations hold. */
export interface Unproved {
  readonly excess: bigint;
}

/** Both ends included. */
export interface Span {
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * @param difference left − right as the semantics bound it
 * @param unproved left − right before any equation of the batch holds, excess aside
 */
export function planMax(difference: Span, unproved: Span, left: Unproved, right: Unproved): MaxPlan {
  if (difference.low >= 0n) return { kind: 'left' };
  if (difference.high <= 0n) return { kind: 'right' };
  return planCompare(difference, unproved, left, right);
}

/** The same where the interval does not decide, or may not: for whoever reads which side it was. */
export function planCompare(
  difference: Span,
  unproved: Span,
  left: Unproved,
  right: Unproved,
): Extract<MaxPlan, { kind: 'compare' }> {
  const k = Math.max(bitLength(difference.high), bitLength(-difference.low - 1n));
  // L = d + 2^k − Σ bits, the sum in [0, 2^(k+1) − 1].
  const half = 1n << BigInt(k);
  const most = unproved.high + left.excess + half;
  const least = unproved.low - right.excess - half + 1n;
  return { kind: 'compare', k, width: bitLength(most > -least ? most : -least) };
}

/** What {@link Unproved} a maximum is. */
export function maxExcess(plan: MaxPlan, left: Unproved, right: Unproved): bigint {
  if (plan.kind !== 'compare') return plan.kind === 'left' ? left.excess : right.excess;
  return right.excess + (1n << BigInt(plan.k)) - 1n;
}

/** Rows of a maximum besides its part of a linear row. */
export function maxRows(plan: MaxPlan): number {
  return plan.kind === 'compare' ? plan.k + 2 : 0;
}

/** Adds the maximum of forms `left` and `right` to the end of `forms`; its number. */
export function constrainMax(
  builder: R1csBuilder,
  batch: LinearBatch,
  plan: MaxPlan,
  forms: LinearForms,
  left: number,
  right: number,
): number {
  if (plan.kind !== 'compare') return plan.kind === 'left' ? left : right;
  const sign = constrainSign(builder, batch, plan, forms, left, right);
  const product = builder.newWires(1);
  for (let i = 0; i < plan.k; i++) builder.a.push(sign - plan.k + i, builder.scaled(1, i));
  builder.b.push(sign, builder.scaled(1));
  builder.c.push(product, builder.scaled(1));
  builder.endRow();
  const constant = forms.terms(forms, right, 1);
  forms.term(product, 1);
  return forms.close(constant);
}

/** Only the bits of left − right + 2^k: the wire of [left ≥ right], the lower bits before it. */
export function constrainSign(
  builder: R1csBuilder,
  batch: LinearBatch,
  { k, width }: Extract<MaxPlan, { kind: 'compare' }>,
  forms: LinearForms,
  left: number,
  right: number,
): number {
  const bits = builder.newWires(k + 1);
  batch.open(width);
  batch.form(forms, left, 1);
  batch.form(forms, right, -1);
  batch.constant(1n << BigInt(k));
  for (let i = 0; i <= k; i++) {
    builder.boolean(bits + i);
    batch.term(bits + i, -1, i);
  }
  return bits + k;
}

/** The wires of {@link constrainMax}; the larger value. */
export function assignMax(writer: WitnessWriter, plan: MaxPlan, left: Exact, right: Exact): Exact {
  if (plan.kind !== 'compare') return plan.kind === 'left' ? left : right;
  assignSign(writer, plan.k, left, right);
  const above = left >= right ? difference(left, right) : 0;
  // The difference of two accumulators may be past what a double holds.
  if (above !== undefined) writer.next(above);
  else writer.nextModular(BigInt(left) - BigInt(right));
  return larger(left, right);
}

/** The wires of {@link constrainSign}. */
export function assignSign(writer: WitnessWriter, k: number, left: Exact, right: Exact): void {
  writer.nextBits(BigInt(left) - BigInt(right) + (1n << BigInt(k)), k + 1, -1);
}
