import { bitsOf, minus, plus, power, type Exact } from '../../../integer/exact.ts';
import { clampOf } from '../../../integer/nodes/rescale.ts';
import { rangeOf } from '../../../integer/tensor.ts';
import type { RescaleNode } from '../../../integer/program.ts';
import { planClamp, type RescalePlan } from '../../gadgets/rescale.ts';
import { byEntry } from '../by-entry.ts';
import type { PlanContext } from '../kind.ts';

/** One plan an entry of the input's interval, into the bits that the clamp's bounds span; equal intervals share one. */
export function rescalePlans(node: RescaleNode, { program, intervals }: PlanContext): readonly RescalePlan[] {
  const { low: floor, high: ceiling } = clampOf(node, rangeOf(program.tensors[node.output]));
  const { low, high } = intervals[node.input];
  const bounds = { low: floor, high: topOf(floor, ceiling) };
  return byEntry(low, high, (least, most) => planClamp({ low: least, high: most }, node.shift, bounds));
}

/** The last of the integers from `low` on that the bits of high − low can say. */
export function topOf(low: Exact, high: Exact): Exact {
  return plus(low, minus(power(bitsOf(minus(high, low))), 1));
}
