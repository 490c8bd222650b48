import { exact } from '../../integer/exact.ts';
import type { TableNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { assignTable, constrainTable, tableRows, tableSlot } from '../gadgets/table.ts';
import { LinearForms } from '../rows/linear.ts';
import { planTable, type TablePlan } from './plans/table-plan.ts';
import { byEntry } from './by-entry.ts';
import type { CircuitKind } from './kind.ts';

export const table: CircuitKind<TableNode> = {
  results: 'sums',
  multiplies: false,
  plan(node, { intervals }) {
    const { low, high, run } = intervals[node.input];
    const plans = byEntry<TablePlan>(low, high, (least, most) =>
      planTable({ low: least, high: most, first: exact(node.first), values: node.values }),
    );
    return {
      rows: () => plans.reduce((sum, plan) => sum + run * tableRows(plan), slotRows(slotWidths(plans, run))),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const source = forms[node.input];
        const batch = new LinearBatch(builder);
        for (let i = 0; i < source.count; i++) {
          constrainTable(builder, batch, plans[Math.floor(i / run)], source, i, target);
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        const output = values[node.output];
        values[node.input].forEach((x, i) => assignTable(writer, plans[Math.floor(i / run)], x, output[i]));
      },
    };
  },
};

function* slotWidths(plans: readonly TablePlan[], run: number): Generator<number> {
  for (const plan of plans) {
    const width = tableSlot(plan);
    for (let i = 0; i < run && width > 0; i++) yield width;
  }
}
