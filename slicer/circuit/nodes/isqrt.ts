import type { IsqrtNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { assignIsqrt, constrainIsqrt, isqrtRows, isqrtSlot, planIsqrt } from '../gadgets/isqrt.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const isqrt: CircuitKind<IsqrtNode> = {
  results: 'wires',
  multiplies: false,
  plan({ input, output }, { intervals }) {
    const { high, run } = intervals[output];
    const plans = Array.from(high, planIsqrt);
    const widths = plans.flatMap((plan) => new Array<number>(run).fill(isqrtSlot(plan)));
    return {
      rows: () => plans.reduce((sum, plan) => sum + run * isqrtRows(plan), slotRows(widths)),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const batch = new LinearBatch(builder);
        const source = forms[input];
        for (let i = 0; i < source.count; i++) {
          constrainIsqrt(builder, batch, plans[Math.floor(i / run)], source, i, target);
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        values[input].forEach((v, i) =>
          assignIsqrt(writer, plans[Math.floor(i / run)], v, values[output][i]),
        );
      },
    };
  },
};
