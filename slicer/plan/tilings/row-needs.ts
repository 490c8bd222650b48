import { nodeInputs } from '../../integer/program.ts';
import { ROWS, along, hullOf, wholeBox, type Box } from './box.ts';
import { cutNode } from './tile-rules.ts';
import type { ProgramGraph, Unit } from '../units/units.ts';

/**
 * The boxes of other units' tensors, once views are looked through, that a box of what a unit writes is made of.
 * @returns undefined where the box can't be made by itself
 */
export function readsOf(
  graph: ProgramGraph,
  { nodes }: Unit,
  output: number,
  box: Box,
): ReadonlyMap<number, Box> | undefined {
  const { program } = graph;
  const views = graph.viewsOf(nodes.flatMap((position) => nodeInputs(program.nodes[position])));
  const needed = new Map([[output, box]]);
  for (const position of [...views, ...nodes].toSorted((a, b) => b - a)) {
    const node = program.nodes[position];
    const wanted = needed.get(node.output);
    if (!wanted) continue;
    needed.delete(node.output);
    const cut = cutNode(node, wanted, program.tensors);
    if (!cut) return undefined;
    nodeInputs(node).forEach((id, i) => {
      const read = cut.reads[i];
      const known = needed.get(id);
      if (read) needed.set(id, known ? hullOf(known, read) : read);
    });
  }
  return needed;
}

/** By tensor that a unit reads: how many of its rows, from the first on, the first rows of what the unit writes are made of. */
export type RowNeeds = ReadonlyMap<number, Int32Array>;

/** @returns undefined where some of the first rows can't be made by themselves */
export function rowNeedsOf(graph: ProgramGraph, unit: Unit, output: number): RowNeeds | undefined {
  const { tensors } = graph.program;
  const { shape } = tensors[output];
  const needs = new Map<number, Int32Array>();
  for (let rows = 1; rows <= shape[ROWS]; rows++) {
    const reads = readsOf(graph, unit, output, along(wholeBox(shape), ROWS, 0, rows));
    if (reads === undefined) return undefined;
    for (const [id, box] of reads) {
      const own = needs.get(id) ?? new Int32Array(shape[ROWS] + 1);
      // What has no rows is needed whole.
      own[rows] = tensors[id].shape.length === shape.length ? box.end[ROWS] : Infinity;
      needs.set(id, own);
    }
  }
  return needs;
}
