import { nodeInputs, withTensors } from '../../integer/program.ts';
import type { IntegerProgram, ProgramNode, ProgramTensor } from '../../integer/program.ts';
import { withOneRescale } from './one-rescale.ts';
import type { ProgramGraph } from './units.ts';

/** Some nodes of a program as a program of their own. */
export interface Extract {
  readonly program: IntegerProgram;
  /** The ranged tensors of the whole program that it reads, in the order of `program.inputs`. */
  readonly inputs: readonly number[];
  /** Those that it writes for others, in the order of `program.outputs`. */
  readonly outputs: readonly number[];
}

/**
 * Takes nodes out of a program, with the views they read through. What they read and do not write becomes an
 * input; what is read elsewhere, or is an output of the whole, becomes an output.
 * @param positions of the nodes, ascending, without views
 */
export function extract(graph: ProgramGraph, positions: readonly number[]): Extract {
  const { tensors, nodes } = graph.program;
  const inside = new Set(positions);
  const chosen = positions.map((position) => nodes[position]);
  const written = new Set(chosen.map(({ output }) => output));
  const views = graph.viewsOf(chosen.flatMap(nodeInputs));
  const inputs = ascending(chosen.flatMap((node) => graph.sources(node)).filter((id) => !written.has(id)));
  const outputs = ascending(
    [...written].filter(
      (id) => graph.wanted.has(id) || graph.readersOf(id).some((position) => !inside.has(position)),
    ),
  );
  const all = [...views, ...positions].toSorted((a, b) => a - b).map((position) => nodes[position]);
  return { program: withOneRescale(renumbered(tensors, all, inputs, outputs)), inputs, outputs };
}

function renumbered(
  tensors: readonly ProgramTensor[],
  nodes: readonly ProgramNode[],
  inputs: readonly number[],
  outputs: readonly number[],
): IntegerProgram {
  const order = [...inputs, ...nodes.map(({ output }) => output)];
  const number = new Map(order.map((id, i) => [id, i]));
  const at = (id: number): number => number.get(id) as number;
  return {
    tensors: order.map((id) => tensors[id]),
    inputs: inputs.map(at),
    outputs: outputs.map(at),
    nodes: nodes.map((node) => withTensors(node, at)),
  };
}

function ascending(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)].toSorted((a, b) => a - b);
}
