import type { MaximumNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { assignMax, constrainMax, maxRows, planMax, type MaxPlan } from '../gadgets/max.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const maximum: CircuitKind<MaximumNode> = {
  results: 'sums',
  multiplies: false,
  plan({ inputs: [left, right] }, { intervals }) {
    const { run } = intervals[left];
    const plans = Array.from(intervals[left].low, (least, entry): MaxPlan => {
      const difference = {
        low: BigInt(least) - BigInt(intervals[right].high[entry]),
        high: BigInt(intervals[left].high[entry]) - BigInt(intervals[right].low[entry]),
      };
      return planMax(difference, difference, { excess: 0n }, { excess: 0n });
    });
    return {
      rows: () => plans.reduce((sum, plan) => sum + run * maxRows(plan), slotRows(slotWidths(plans, run))),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const scratch = new LinearForms();
        const batch = new LinearBatch(builder);
        for (let i = 0; i < forms[left].count; i++) {
          scratch.clear();
          const sides = [scratch.copy(forms[left], i), scratch.copy(forms[right], i)];
          const plan = plans[Math.floor(i / run)];
          target.copy(scratch, constrainMax(builder, batch, plan, scratch, sides[0], sides[1]));
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        values[left].forEach((value, i) =>
          assignMax(writer, plans[Math.floor(i / run)], value, values[right][i]),
        );
      },
    };
  },
};

function* slotWidths(plans: readonly MaxPlan[], run: number): Generator<number> {
  for (const plan of plans) {
    for (let i = 0; i < run && plan.kind === 'compare'; i++) yield plan.width;
  }
}
