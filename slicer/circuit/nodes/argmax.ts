import { linesOf } from '../../integer/nodes/argmax.ts';
import type { ArgmaxNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import type { ArgmaxPlan } from '../gadgets/argmax.ts';
import { argmaxRows, argmaxSlots, assignArgmax, constrainArgmax, planArgmax } from '../gadgets/argmax.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const argmax: CircuitKind<ArgmaxNode> = {
  results: 'sums',
  multiplies: false,
  plan(node, { program: { tensors }, intervals }) {
    const { low, high, run } = intervals[node.input];
    const lines = linesOf(tensors[node.input].shape, node.axis);
    const known = new Map<string, ArgmaxPlan>();
    const plans = lines.map((line) => {
      const bounds = line.map((at) => {
        const entry = Math.floor(at / run);
        return { low: BigInt(low[entry]), high: BigInt(high[entry]) };
      });
      const key = bounds.map((span) => `${span.low} ${span.high}`).join();
      const plan = known.get(key) ?? planArgmax(bounds, node.last);
      known.set(key, plan);
      return plan;
    });
    return {
      rows: () => plans.reduce((sum, plan) => sum + argmaxRows(plan), slotRows(plans.flatMap(argmaxSlots))),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const [values, positions] = [new LinearForms(), new LinearForms()];
        const batch = new LinearBatch(builder);
        for (const [i, line] of lines.entries()) {
          values.clear();
          positions.clear();
          for (const at of line) values.copy(forms[node.input], at);
          constrainArgmax(builder, batch, plans[i], values, positions, target);
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        for (const [i, line] of lines.entries()) {
          assignArgmax(
            writer,
            plans[i],
            line.map((at) => values[node.input][at]),
          );
        }
      },
    };
  },
};
