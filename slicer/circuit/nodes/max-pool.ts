import type { MaxPoolNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { assignMax, constrainMax, maxRows } from '../gadgets/max.ts';
import { LinearForms } from '../rows/linear.ts';
import { PoolPlanner, type PoolStep } from './plans/pool.ts';
import type { CircuitKind, ConstrainContext } from './kind.ts';

export const maxPool: CircuitKind<MaxPoolNode> = {
  results: 'sums',
  multiplies: false,
  plan(node, { program, intervals }) {
    const planner = new PoolPlanner(program, node, intervals);
    return {
      rows: () => poolRows(planner),
      constrain: (context) => constrainPool(context, planner, node),
      assign(writer, values) {
        for (const window of planner.windows()) {
          const slots = planner.elements(window).map((i) => values[node.input][i]);
          for (const step of planner.steps(window)) {
            slots.push(assignMax(writer, step.plan, slots[step.left], slots[step.right]));
          }
        }
      },
    };
  },
};

function poolRows(planner: PoolPlanner): number {
  let rows = 0;
  for (const [steps, windows] of planner.lists) {
    for (const { plan } of steps) rows += windows * maxRows(plan);
  }
  return rows + slotRows(slotWidths(planner));
}

function* poolSteps(planner: PoolPlanner): Generator<PoolStep> {
  for (const window of planner.windows()) yield* planner.steps(window);
}

function* slotWidths(planner: PoolPlanner): Generator<number> {
  for (const { plan } of poolSteps(planner)) if (plan.kind === 'compare') yield plan.width;
}

function constrainPool(
  { builder, forms: all }: ConstrainContext,
  planner: PoolPlanner,
  { input }: MaxPoolNode,
): LinearForms {
  const maxima = new LinearForms();
  const scratch = new LinearForms();
  const places: number[] = [];
  const batch = new LinearBatch(builder);
  for (const window of planner.windows()) {
    scratch.clear();
    const slots = planner.elements(window).map((i) => scratch.copy(all[input], i));
    for (const { left, right, plan } of planner.steps(window)) {
      slots.push(constrainMax(builder, batch, plan, scratch, slots[left], slots[right]));
    }
    places[window.output] = maxima.copy(scratch, slots[slots.length - 1]);
  }
  batch.end();
  const forms = new LinearForms();
  for (const place of places) forms.copy(maxima, place);
  return forms;
}
