import type { DivideNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { assignDivide, constrainDivide, divideRows, divideSlot, planDivide } from '../gadgets/divide.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const divide: CircuitKind<DivideNode> = {
  results: 'wires',
  multiplies: true,
  plan({ inputs, shift, output }, { intervals }) {
    const [num, den] = inputs;
    const { low, high, run } = intervals[output];
    const plans = Array.from(low, (least, entry) =>
      planDivide(shift, { low: least, high: high[entry] }, intervals[den].high[entry]),
    );
    const widths = plans.flatMap((plan) => new Array<number>(run).fill(divideSlot(plan)));
    return {
      rows: () => plans.reduce((sum, plan) => sum + run * divideRows(plan), slotRows(widths)),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const batch = new LinearBatch(builder);
        for (let i = 0; i < forms[num].count; i++) {
          const plan = plans[Math.floor(i / run)];
          constrainDivide(builder, batch, plan, [forms[num], forms[den]], i, target);
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        values[num].forEach((value, i) =>
          assignDivide(writer, plans[Math.floor(i / run)], value, values[den][i], values[output][i]),
        );
      },
    };
  },
};
