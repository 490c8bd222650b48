import { clampOf, halfOf } from '../../integer/nodes/rescale.ts';
import { sizeOf, type RescaleNode } from '../../integer/program.ts';
import { rangeOf } from '../../integer/tensor.ts';
import { LinearForms } from '../rows/linear.ts';
import { LookupDemand } from '../lookups/demand.ts';
import { rescaleWays, type LookupRescale } from '../lookups/rescale-plan.ts';
import {
  assignLookupRescale,
  constrainLookupRescale,
  demandLookupRescale,
  lookupRescaleRows,
} from '../lookups/rescale.ts';
import { rescalePlans } from './plans/rescale-plans.ts';
import { cheapest } from './cheapest.ts';
import type { CircuitKind, NodeCircuit, PlanContext } from './kind.ts';
import { ofLookups } from './kind.ts';
import { pinnedCircuit } from './pinned.ts';
import { rescale } from './rescale.ts';

/** By the cheapest of the ways of rescaleWays, or out of booleans where that is cheaper. */
export const lookupRescale: CircuitKind<RescaleNode> = {
  results: 'wires',
  multiplies: false,
  looksUp: true,
  plan(node, context) {
    const ways = waysOf(node, context).map((plans) => circuitOf(node, plans, context));
    return cheapest([...ways, pinnedCircuit(rescale.plan(node, context), node.output, context)]);
  },
};

function waysOf(node: RescaleNode, context: PlanContext): readonly (readonly LookupRescale[])[] {
  const { program, intervals } = context;
  const { low, high } = intervals[node.input];
  const plans = rescalePlans(node, context);
  const channels = plans.map((plan, entry) => ({ least: low[entry], most: high[entry], plan }));
  const bounds = clampOf(node, rangeOf(program.tensors[node.output]));
  const shape = { shift: node.shift, half: halfOf(node), ...bounds };
  const values = sizeOf(program.tensors[node.input].shape);
  return rescaleWays(shape, channels, ofLookups(context.digitBits), MOST_ENTRIES_A_VALUE * values);
}

/** An entry costs two rows, and no way without a table of its own costs more than twenty rows a value. */
const MOST_ENTRIES_A_VALUE = 10;

function circuitOf(
  { input, output }: RescaleNode,
  plans: readonly LookupRescale[],
  { program }: PlanContext,
): NodeCircuit {
  const run = sizeOf(program.tensors[input].shape) / plans.length;
  return {
    rows: () => plans.reduce((sum, plan) => sum + lookupRescaleRows(plan, run), 0),
    demand(demand: LookupDemand) {
      for (const plan of plans) demandLookupRescale(demand, plan, run);
    },
    constrain({ builder, forms, lookups }) {
      const target = new LinearForms();
      const work = new LinearForms();
      for (let i = 0; i < forms[input].count; i++) {
        const plan = plans[Math.floor(i / run)];
        constrainLookupRescale(builder, ofLookups(lookups), plan, forms[input], i, target, work);
      }
      return target;
    },
    assign(writer, values, lookups) {
      values[input].forEach((acc, i) =>
        assignLookupRescale(writer, ofLookups(lookups), plans[Math.floor(i / run)], acc, values[output][i]),
      );
    },
  };
}
