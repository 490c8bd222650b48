import { sizeOf, type ProgramNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind, NodeCircuit, PlanContext } from './kind.ts';
import { ofLookups } from './kind.ts';

/**
 * A kind of node in a circuit of lookups as it is in one of bits, its results committed: what is proved of them without
 * lookups holds for values that are fixed before the challenge. Two rows a result more.
 */
export function pinned<Node extends ProgramNode>(kind: CircuitKind<Node>): CircuitKind<Node> {
  return {
    results: 'wires',
    multiplies: kind.multiplies,
    plan: (node, context) => pinnedCircuit(kind.plan(node, context), node.output, context),
  };
}

/** The same for one node. */
export function pinnedCircuit(
  circuit: NodeCircuit,
  output: number,
  { program: { tensors } }: PlanContext,
): NodeCircuit {
  const count = sizeOf(tensors[output].shape);
  return {
    rows: () => circuit.rows() + count,
    demand: (demand) => demand.commit(count),
    constrain(context) {
      const results = circuit.constrain(context);
      const target = new LinearForms();
      for (let i = 0; i < count; i++) {
        target.term(ofLookups(context.lookups).pin(results, i), 1);
        target.close(0);
      }
      return target;
    },
    assign(writer, values, lookups) {
      circuit.assign(writer, values);
      for (const value of values[output]) ofLookups(lookups).commit(value);
    },
  };
}
