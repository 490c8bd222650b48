import { exact, minus, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { MaxPlan, Span } from './max.ts';
import {
  assignMax,
  assignSign,
  constrainMax,
  constrainSign,
  maxExcess,
  maxRows,
  planCompare,
} from './max.ts';

/**
 * The position of the largest of several forms: the first such position, or the last.
 *
 * Statement: a tree of comparisons of neighbouring stretches. `left` is the side that wins a tie (the earlier
 * stretch for the first position, the later for the last), g = [left ≥ right], the value is the larger one
 * ({@link constrainMax}), the position is right's + g · (left's − right's).
 * Constraints: by comparison k + 2, at the root k + 1 since its value is not read; one product for the position
 * unless both positions are constants; and the comparison's width in a shared linear row. Where the intervals
 * leave no tie and no doubt, none.
 * Argument: by induction over the tree each side's value is its stretch's largest and its position that of the
 * first (last) one of that value; g is fixed by them, ties going to the side that comes first (last).
 */
export interface ArgmaxPlan {
  readonly count: number;
  /** Slots: the forms, then the earlier steps' results; the last step is the root. */
  readonly steps: readonly ArgmaxStep[];
}

interface ArgmaxStep {
  readonly left: number;
  readonly right: number;
  readonly plan: MaxPlan;
  /** The position needs a product: a side's is no constant. */
  readonly product: boolean;
  readonly root: boolean;
}

/** @param bounds of the forms, in order */
export function planArgmax(bounds: readonly Span[], last: boolean): ArgmaxPlan {
  const steps: ArgmaxStep[] = [];
  let level = bounds.map((span, slot) => ({ slot, span, base: span, excess: 0n, constant: true }));
  while (level.length > 1) {
    const next: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      if (i + 1 === level.length) {
        next.push(level[i]);
        continue;
      }
      const [left, right] = last ? [level[i + 1], level[i]] : [level[i], level[i + 1]];
      const plan = decide(left, right);
      const constant = left.constant && right.constant;
      steps.push({
        left: left.slot,
        right: right.slot,
        plan,
        product: plan.kind === 'compare' && !constant,
        root: level.length === 2,
      });
      next.push({
        slot: bounds.length + steps.length - 1,
        span: { low: larger(left.span.low, right.span.low), high: larger(left.span.high, right.span.high) },
        base: plan.kind === 'left' ? left.base : right.base,
        excess: maxExcess(plan, left, right),
        constant: plan.kind === 'compare' ? false : (plan.kind === 'left' ? left : right).constant,
      });
    }
    level = next;
  }
  return { count: bounds.length, steps };
}

interface Side {
  readonly span: Span;
  /** What its form may be before the equations of its batch hold, `excess` aside. */
  readonly base: Span;
  readonly excess: bigint;
}

function decide(left: Side, right: Side): MaxPlan {
  const difference = { low: left.span.low - right.span.high, high: left.span.high - right.span.low };
  if (difference.low >= 0n) return { kind: 'left' };
  // Not when they may be equal: then left's position counts.
  if (difference.high < 0n) return { kind: 'right' };
  const unproved = { low: left.base.low - right.base.high, high: left.base.high - right.base.low };
  return planCompare(difference, unproved, left, right);
}

export function argmaxRows({ steps }: ArgmaxPlan): number {
  return steps.reduce(
    (sum, { plan, product, root }) =>
      sum + maxRows(plan) - (root && plan.kind === 'compare' ? 1 : 0) + (product ? 1 : 0),
    0,
  );
}

/** The widths that it takes in linear rows, in order. */
export function argmaxSlots({ steps }: ArgmaxPlan): readonly number[] {
  return steps.flatMap(({ plan }) => (plan.kind === 'compare' ? [plan.width] : []));
}

/**
 * Adds the position to the end of `target`.
 * @param values the forms, in order; more are put after them
 * @param positions empty; used for the positions' forms
 */
export function constrainArgmax(
  builder: R1csBuilder,
  batch: LinearBatch,
  { count, steps }: ArgmaxPlan,
  values: LinearForms,
  positions: LinearForms,
  target: LinearForms,
): void {
  const slots = Array.from({ length: count }, (_, i) => ({ value: i, position: positions.close(exact(i)) }));
  for (const { left: leftSlot, right: rightSlot, plan, product, root } of steps) {
    const [left, right] = [slots[leftSlot], slots[rightSlot]];
    if (plan.kind !== 'compare') {
      slots.push(plan.kind === 'left' ? left : right);
      continue;
    }
    const sign = builder.wires + plan.k;
    const value = root
      ? constrainSign(builder, batch, plan, values, left.value, right.value)
      : constrainMax(builder, batch, plan, values, left.value, right.value);
    const constant = positions.terms(positions, right.position, 1);
    if (product) {
      const wire = builder.newWires(1);
      builder.a.push(sign, builder.scaled(1));
      positions.pushTo(builder.b, builder, left.position, 1, 0);
      positions.pushTo(builder.b, builder, right.position, -1, 0);
      builder.c.push(wire, builder.scaled(1));
      builder.endRow();
      positions.term(wire, 1);
    } else {
      // Both are forms without terms: a form's constant is what is left of it.
      positions.term(sign, minus(positions.constantOf(left.position), positions.constantOf(right.position)));
    }
    slots.push({ value, position: positions.close(constant) });
  }
  target.copy(positions, slots[slots.length - 1].position);
}

/** The wires of {@link constrainArgmax} in its order. */
export function assignArgmax(writer: WitnessWriter, { steps }: ArgmaxPlan, values: readonly Exact[]): void {
  const slots = values.map((value, position) => ({ value, position }));
  for (const { left: leftSlot, right: rightSlot, plan, product, root } of steps) {
    const [left, right] = [slots[leftSlot], slots[rightSlot]];
    const wins = plan.kind === 'compare' ? left.value >= right.value : plan.kind === 'left';
    if (plan.kind === 'compare') {
      if (root) assignSign(writer, plan.k, left.value, right.value);
      else assignMax(writer, plan, left.value, right.value);
      if (product) writer.next(wins ? exact(left.position - right.position) : 0);
    }
    slots.push(wins ? left : right);
  }
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
