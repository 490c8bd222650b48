import { rangeOf } from '../../integer/evaluate.ts';
import { sizeOf, type RescaleNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../batch.ts';
import {
  assignRescale,
  constrainRescale,
  planRescale,
  rescaleRows,
  rescaleSlot,
  type RescalePlan,
} from '../gadgets/rescale.ts';
import { LinearForms } from '../linear.ts';
import type { CircuitKind, PlanContext } from './kind.ts';

export const rescale: CircuitKind<RescaleNode> = {
  results: 'wires',
  multiplies: false,
  plan(node, context) {
    const plans = rescalePlans(node, context);
    const run = sizeOf(context.program.tensors[node.input].shape) / plans.length;
    return {
      rows: () =>
        plans.reduce((sum, plan) => sum + run * rescaleRows(plan), slotRows(slotWidths(plans, run))),
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const source = forms[node.input];
        const batch = new LinearBatch(builder);
        for (let i = 0; i < source.count; i++) {
          constrainRescale(builder, batch, plans[Math.floor(i / run)], source, i, target);
        }
        batch.end();
        return target;
      },
      assign(writer, values) {
        const source = values[node.input];
        const output = values[node.output];
        for (let i = 0; i < source.length; i++) {
          assignRescale(writer, plans[Math.floor(i / run)], source[i], output[i]);
        }
      },
    };
  },
};

/** One plan an entry of the input's interval. */
function rescalePlans(node: RescaleNode, { program, intervals }: PlanContext): readonly RescalePlan[] {
  const range = rangeOf(program.tensors[node.output]);
  const { low, high } = intervals[node.input];
  return Array.from(low, (least, entry) =>
    planRescale({ low: least, high: high[entry] }, node.shift, node.relu, range),
  );
}

function* slotWidths(plans: readonly RescalePlan[], run: number): Generator<number> {
  for (const plan of plans) {
    const width = rescaleSlot(plan);
    for (let i = 0; i < run && width > 0; i++) yield width;
  }
}
