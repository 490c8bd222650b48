import type { MaxPoolNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { assignLookupMax, constrainLookupMax, demandLookupMax, lookupMaxRows } from '../lookups/max.ts';
import { PoolPlanner } from './plans/pool.ts';
import type { CircuitKind, PlanContext } from './kind.ts';
import { ofLookups } from './kind.ts';

export const lookupMaxPool: CircuitKind<MaxPoolNode> = {
  results: 'sums',
  multiplies: false,
  looksUp: true,
  plan(node, context) {
    const planner = plannerOf(node, context);
    const most = ofLookups(context.digitBits);
    return {
      rows() {
        let rows = 0;
        for (const [steps, windows] of planner.lists) {
          for (const { plan } of steps) rows += windows * lookupMaxRows({ plan, most });
        }
        return rows;
      },
      demand(demand) {
        for (const [steps, windows] of planner.lists) {
          for (const { plan } of steps) demandLookupMax(demand, { plan, most }, windows);
        }
      },
      constrain({ builder, forms: all, lookups }) {
        const maxima = new LinearForms();
        const places: number[] = [];
        const work = new LinearForms();
        for (const window of planner.windows()) {
          work.clear();
          const slots = planner.elements(window).map((i) => work.copy(all[node.input], i));
          for (const { left, right, plan } of planner.steps(window)) {
            const comparison = { plan, most };
            slots.push(
              constrainLookupMax(builder, ofLookups(lookups), comparison, work, slots[left], slots[right]),
            );
          }
          places[window.output] = maxima.copy(work, slots[slots.length - 1]);
        }
        const forms = new LinearForms();
        for (const place of places) forms.copy(maxima, place);
        return forms;
      },
      assign(writer, values, lookups) {
        for (const window of planner.windows()) {
          const slots = planner.elements(window).map((i) => values[node.input][i]);
          for (const { left, right, plan } of planner.steps(window)) {
            slots.push(
              assignLookupMax(writer, ofLookups(lookups), { plan, most }, slots[left], slots[right]),
            );
          }
        }
      },
    };
  },
};

/** The bits of digits are tried one after the other; what a pool compares is the same each time. */
const planners = new WeakMap<
  MaxPoolNode,
  { readonly context: PlanContext['program']; readonly planner: PoolPlanner }
>();

function plannerOf(node: MaxPoolNode, { program, intervals }: PlanContext): PoolPlanner {
  const known = planners.get(node);
  if (known?.context === program) return known.planner;
  const planner = new PoolPlanner(program, node, intervals);
  planners.set(node, { context: program, planner });
  return planner;
}
