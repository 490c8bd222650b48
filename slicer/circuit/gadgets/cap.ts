import { exact, minus, plus, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { MaxPlan } from './max.ts';
import { assignMax, constrainMax, maxRows, planMax } from './max.ts';

/**
 * min(q, cap) for a cap that is no power of two away from a range's start, where a rescale's own bits can't say it.
 *
 * Statement: min(q, cap) = q − max(q − cap, 0), a {@link constrainMax} with a constant.
 * Constraints: k + 2 for a difference of k bits and sign, and its width in a shared linear row; none where the
 * interval stays at or below the cap.
 * Argument: that of the maximum. q's own equation is in an earlier batch, so q is an integer of its interval.
 */
export interface CapPlan {
  readonly cap: Exact;
  readonly max: MaxPlan;
}

export function planCap(interval: { readonly low: Exact; readonly high: Exact }, cap: Exact): CapPlan {
  const difference = { low: BigInt(interval.low) - BigInt(cap), high: BigInt(interval.high) - BigInt(cap) };
  return { cap, max: planMax(difference, difference, { excess: 0n }, { excess: 0n }) };
}

export function capRows({ max }: CapPlan): number {
  return maxRows(max);
}

/** Width in a linear row; 0 for none. */
export function capSlot({ max }: CapPlan): number {
  return max.kind === 'compare' ? max.width : 0;
}

/** Puts the smaller of form `index` and the cap at the end of `target`. */
export function constrainCap(
  builder: R1csBuilder,
  batch: LinearBatch,
  { cap, max }: CapPlan,
  source: LinearForms,
  index: number,
  target: LinearForms,
  scratch: LinearForms,
): void {
  if (max.kind !== 'compare') {
    if (max.kind === 'left') target.close(cap);
    else target.copy(source, index);
    return;
  }
  scratch.clear();
  const above = scratch.close(minus(scratch.terms(source, index, 1), cap));
  const excess = constrainMax(builder, batch, max, scratch, above, scratch.close(0));
  const constant = target.terms(source, index, 1);
  target.close(plus(constant, target.terms(scratch, excess, -1)));
}

/** The wires of {@link constrainCap}. */
export function assignCap(writer: WitnessWriter, { cap, max }: CapPlan, q: Exact): void {
  assignMax(writer, max, minus(q, cap), exact(0));
}
