import { exact, ints, larger, minus, smaller } from '../../integer/exact.ts';
import { createHash } from 'node:crypto';
import { sizeOf, type TableNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { assignPair, constrainPair, demandPair, functionTable } from '../lookups/pair.ts';
import { cheapest } from './cheapest.ts';
import type { CircuitKind, NodeCircuit, PlanContext } from './kind.ts';
import { ofLookups } from './kind.ts';
import { countedOnce, perNode } from './per-node.ts';
import { pinnedCircuit } from './pinned.ts';
import { table } from './table.ts';

/** Pairs of the function on its argument's interval, or out of booleans where that is cheaper. */
export const lookupTableKind: CircuitKind<TableNode> = {
  results: 'wires',
  multiplies: false,
  looksUp: true,
  plan(node, context) {
    const looked = lookedUp(node, context);
    const bits = inBits(node, context);
    return looked === undefined ? bits : cheapest([looked, bits]);
  },
};

const inBits = perNode((node: TableNode, context) =>
  countedOnce(pinnedCircuit(table.plan(node, context), node.output, context)),
);

function lookedUp(node: TableNode, { program, intervals, digitBits }: PlanContext): NodeCircuit | undefined {
  const { input, output, first, values: results } = node;
  const { low, high } = intervals[input];
  const span = { start: low.reduce(smaller, low[0]), end: high.reduce(larger, high[0]) };
  const entries = ints(results);
  const digest = createHash('sha256').update(results).digest('hex');
  const count = sizeOf(program.tensors[input].shape);
  const pairs = functionTable(
    `table ${digest} from ${first}`,
    span,
    (x) => entries[minus(x, exact(first))],
    ofLookups(digitBits),
  );
  return (
    pairs && {
      rows: () => 0,
      demand: (demand) => demandPair(demand, pairs, count),
      constrain({ forms, lookups }) {
        const target = new LinearForms();
        const work = new LinearForms();
        for (let i = 0; i < count; i++) {
          work.clear();
          constrainPair(ofLookups(lookups), pairs, work, () => work.terms(forms[input], i, 1), target);
        }
        return target;
      },
      assign(_writer, values, lookups) {
        values[input].forEach((x, i) => assignPair(ofLookups(lookups), pairs, x, values[output][i]));
      },
    }
  );
}
