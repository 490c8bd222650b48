import type { MaximumNode } from '../../integer/program.ts';
import { planMax } from '../gadgets/max.ts';
import { LinearForms } from '../rows/linear.ts';
import {
  assignLookupMax,
  constrainLookupMax,
  demandLookupMax,
  lookupMaxRows,
  type LookupMax,
} from '../lookups/max.ts';
import type { CircuitKind } from './kind.ts';
import { ofLookups } from './kind.ts';

export const lookupMaximum: CircuitKind<MaximumNode> = {
  results: 'sums',
  multiplies: false,
  looksUp: true,
  plan({ inputs: [left, right] }, { intervals, digitBits }) {
    const { run } = intervals[left];
    const plans = Array.from(intervals[left].low, (least, entry): LookupMax => {
      const difference = {
        low: BigInt(least) - BigInt(intervals[right].high[entry]),
        high: BigInt(intervals[left].high[entry]) - BigInt(intervals[right].low[entry]),
      };
      return {
        plan: planMax(difference, difference, { excess: 0n }, { excess: 0n }),
        most: ofLookups(digitBits),
      };
    });
    return {
      rows: () => plans.reduce((sum, plan) => sum + run * lookupMaxRows(plan), 0),
      demand: (demand) => plans.forEach((plan) => demandLookupMax(demand, plan, run)),
      constrain({ builder, forms, lookups }) {
        const target = new LinearForms();
        const work = new LinearForms();
        for (let i = 0; i < forms[left].count; i++) {
          work.clear();
          const sides = [work.copy(forms[left], i), work.copy(forms[right], i)];
          const plan = plans[Math.floor(i / run)];
          target.copy(work, constrainLookupMax(builder, ofLookups(lookups), plan, work, sides[0], sides[1]));
        }
        return target;
      },
      assign(writer, values, lookups) {
        values[left].forEach((value, i) =>
          assignLookupMax(writer, ofLookups(lookups), plans[Math.floor(i / run)], value, values[right][i]),
        );
      },
    };
  },
};
