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
    const count = sizeOf(context.program.tensors[node.input].shape);
    const order = (): Generator<readonly [RescalePlan, number]> => channelsFirst(plans, count);
    return {
      rows() {
        const run = count / plans.length;
        return plans.reduce((sum, plan) => sum + run * rescaleRows(plan), slotRows(slotWidths(order())));
      },
      constrain({ builder, forms }) {
        const results = new LinearForms();
        const places = new Uint32Array(count);
        const batch = new LinearBatch(builder);
        for (const [plan, i] of order()) {
          places[i] = results.count;
          constrainRescale(builder, batch, plan, forms[node.input], i, results);
        }
        batch.end();
        const target = new LinearForms();
        for (const place of places) target.copy(results, place);
        return target;
      },
      assign(writer, values) {
        const source = values[node.input];
        const output = values[node.output];
        for (const [plan, i] of order()) assignRescale(writer, plan, source[i], output[i]);
      },
    };
  },
};

/**
 * The values' plans and places with the channel as the fastest index: equations that share a row then read
 * the same inputs, and the row's terms are joined.
 */
function* channelsFirst(
  plans: readonly RescalePlan[],
  count: number,
): Generator<readonly [plan: RescalePlan, index: number]> {
  const run = count / plans.length;
  for (let position = 0; position < run; position++) {
    for (const [entry, plan] of plans.entries()) yield [plan, entry * run + position];
  }
}

/** One plan an entry of the input's interval. */
function rescalePlans(node: RescaleNode, { program, intervals }: PlanContext): readonly RescalePlan[] {
  const range = rangeOf(program.tensors[node.output]);
  const { low, high } = intervals[node.input];
  return Array.from(low, (least, entry) =>
    planRescale({ low: least, high: high[entry] }, node.shift, node.relu, range),
  );
}

function* slotWidths(order: Iterable<readonly [RescalePlan, number]>): Generator<number> {
  for (const [plan] of order) {
    const width = rescaleSlot(plan);
    if (width > 0) yield width;
  }
}
