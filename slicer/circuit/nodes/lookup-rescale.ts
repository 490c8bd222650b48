import { clampOf, halfOf } from '../../integer/nodes/rescale.ts';
import { sizeOf, type RescaleNode } from '../../integer/program.ts';
import { rangeOf } from '../../integer/tensor.ts';
import { LinearForms } from '../rows/linear.ts';
import { LookupDemand } from '../lookups/demand.ts';
import { rescaleWays, type Channel, type LookupRescale } from '../lookups/rescale-plan.ts';
import {
  assignLookupRescale,
  constrainLookupRescale,
  demandLookupRescale,
  lookupRescaleRows,
} from '../lookups/rescale.ts';
import type { RescalePlan } from '../gadgets/rescale.ts';
import { rescalePlans } from './plans/rescale-plans.ts';
import { cheapest } from './cheapest.ts';
import type { CircuitKind, NodeCircuit, PlanContext } from './kind.ts';
import { ofLookups } from './kind.ts';
import { countedOnce, perNode } from './per-node.ts';
import { pinnedCircuit } from './pinned.ts';
import { rescale } from './rescale.ts';

/** By the cheapest of the ways of rescaleWays, or out of booleans where that is cheaper. */
export const lookupRescale: CircuitKind<RescaleNode> = {
  results: 'wires',
  multiplies: false,
  looksUp: true,
  plan(node, context) {
    const channels = channelsOf(node, context);
    const ways = waysOf(node, channels, context).map((plans) => circuitOf(node, channels, plans, context));
    return cheapest([...ways, inBits(node, context)]);
  },
};

const inBits = perNode((node: RescaleNode, context) =>
  countedOnce(pinnedCircuit(rescale.plan(node, context), node.output, context)),
);

/** A node's channels, those with equal intervals taken together. */
interface Channels {
  readonly distinct: readonly Channel[];
  /** By entry: which of the distinct ones it is. */
  readonly at: Int32Array;
  /** By distinct channel: how many entries it has. */
  readonly counts: Int32Array;
}

const channelsOf = perNode((node: RescaleNode, context): Channels => {
  const { low, high } = context.intervals[node.input];
  const places = new Map<RescalePlan, number>();
  const distinct: Channel[] = [];
  const at = Int32Array.from(rescalePlans(node, context), (plan, entry) => {
    const known = places.get(plan);
    if (known !== undefined) return known;
    places.set(plan, distinct.length);
    return distinct.push({ least: low[entry], most: high[entry], plan }) - 1;
  });
  const counts = new Int32Array(distinct.length);
  for (const place of at) counts[place]++;
  return { distinct, at, counts };
});

/** Each way as a list of plans by distinct channel. */
function waysOf(
  node: RescaleNode,
  { distinct }: Channels,
  { program, digitBits }: PlanContext,
): readonly (readonly LookupRescale[])[] {
  const bounds = clampOf(node, rangeOf(program.tensors[node.output]));
  const shape = { shift: node.shift, half: halfOf(node), ...bounds };
  const values = sizeOf(program.tensors[node.input].shape);
  return rescaleWays(shape, distinct, ofLookups(digitBits), MOST_ENTRIES_A_VALUE * values);
}

/** An entry costs two rows, and no way without a table of its own costs more than twenty rows a value. */
const MOST_ENTRIES_A_VALUE = 10;

function circuitOf(
  { input, output }: RescaleNode,
  { at, counts }: Channels,
  plans: readonly LookupRescale[],
  { program }: PlanContext,
): NodeCircuit {
  const run = sizeOf(program.tensors[input].shape) / at.length;
  const planAt = (i: number): LookupRescale => plans[at[Math.floor(i / run)]];
  return {
    rows: () => plans.reduce((sum, plan, place) => sum + lookupRescaleRows(plan, counts[place] * run), 0),
    demand(demand: LookupDemand) {
      plans.forEach((plan, place) => demandLookupRescale(demand, plan, counts[place] * run));
    },
    constrain({ builder, forms, lookups }) {
      const target = new LinearForms();
      const work = new LinearForms();
      for (let i = 0; i < forms[input].count; i++) {
        constrainLookupRescale(builder, ofLookups(lookups), planAt(i), forms[input], i, target, work);
      }
      return target;
    },
    assign(writer, values, lookups) {
      values[input].forEach((acc, i) =>
        assignLookupRescale(writer, ofLookups(lookups), planAt(i), acc, values[output][i]),
      );
    },
  };
}
