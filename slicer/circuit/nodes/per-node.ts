import type { TensorInterval } from '../../integer/interval.ts';
import type { ProgramNode } from '../../integer/program.ts';
import type { NodeCircuit, PlanContext } from './kind.ts';

/**
 * What a node and its program decide, worked out once for all widths of digits that are tried: these share one list of
 * intervals.
 * @param make must not look at `digitBits`, and `checked` and `takesBlocks` have to be the same in all calls
 */
export function perNode<Node extends ProgramNode, Made>(
  make: (node: Node, context: PlanContext) => Made,
): (node: Node, context: PlanContext) => Made {
  const known = new WeakMap<readonly TensorInterval[], Map<ProgramNode, Made>>();
  return (node, context) => {
    const made = known.get(context.intervals) ?? new Map<ProgramNode, Made>();
    known.set(context.intervals, made);
    const found = made.get(node) ?? make(node, context);
    made.set(node, found);
    return found;
  };
}

/** A circuit whose rows are counted once. */
export function countedOnce(circuit: NodeCircuit): NodeCircuit {
  let rows: number | undefined;
  return { ...circuit, rows: () => (rows ??= circuit.rows()) };
}
