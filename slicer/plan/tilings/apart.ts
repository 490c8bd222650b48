import { nodeInputs, sizeOf } from '../../integer/program.ts';
import type { IntegerProgram, ProgramNode } from '../../integer/program.ts';
import { planKind } from '../units/kinds.ts';
import type { ProgramGraph, Unit } from '../units/units.ts';
import { wholeBox } from './box.ts';
import { composeViews } from './compose-views.ts';
import { TileWriter } from './tile.ts';

/** Worth it where the larger part has at most this share of what the unit reads and writes … */
const LARGEST = 3 / 4;
/** … and both together have not much more than it: what both need is read, and made, twice. */
const TOGETHER = 3 / 2;

/**
 * The program with a unit that writes several tensors as two units, each of which writes half of them: the projections of an
 * attention that are one product. Each makes of the unit's accumulators what it needs.
 * @returns undefined where the unit writes only one tensor, or the parts would be nearly as large as it is
 */
export function withOutputsApart(graph: ProgramGraph, unit: Unit): IntegerProgram | undefined {
  const { program } = graph;
  const inside = unit.nodes.map((position) => program.nodes[position]);
  const ranged = inside.map(({ output }) => output).filter((id) => program.tensors[id].range !== undefined);
  // What is ranged and read within the unit would be made twice.
  const readWithin = new Set(inside.flatMap((node) => graph.sources(node)));
  if (ranged.length < 2 || ranged.some((id) => readWithin.has(id))) return undefined;
  const middle = Math.ceil(ranged.length / 2);
  const writer = new TileWriter(graph, unit);
  const renamed = new Map<number, number>();
  const parts: (readonly ProgramNode[])[] = [];
  for (const outputs of [ranged.slice(0, middle), ranged.slice(middle)]) {
    const before = writer.nodes.length;
    const boxes = new Map(outputs.map((id) => [id, [wholeBox(program.tensors[id].shape)]]));
    const made = writer.tile(boxes, ` for ${program.tensors[outputs[0]].name}`);
    if (made === undefined) return undefined;
    for (const id of outputs) renamed.set((made.get(id) as readonly number[])[0], id);
    parts.push(writer.nodes.slice(before));
  }
  const whole = valuesOf(graph, inside);
  const sizes = parts.map((nodes) => valuesOf(graph, nodes, writer.tensors));
  if (Math.max(...sizes) > LARGEST * whole || sizes[0] + sizes[1] > TOGETHER * whole) return undefined;
  const replaced = new Set(inside);
  const views = new Set<ProgramNode>();
  const nodes = program.nodes.flatMap((node) => {
    if (!replaced.has(node)) return [node];
    return (writer.made.get(node) ?? []).map((made) => {
      const own = { ...made, output: renamed.get(made.output) ?? made.output };
      views.add(own);
      return own;
    });
  });
  return composeViews({ ...program, tensors: writer.tensors, nodes }, (node) => views.has(node));
}

/** What nodes read of what others wrote, and what they write themselves, in values. */
function valuesOf(
  graph: ProgramGraph,
  nodes: readonly ProgramNode[],
  tensors = graph.program.tensors,
): number {
  const written = new Set(nodes.map(({ output }) => output));
  const read = nodes.flatMap(nodeInputs).filter((id) => !written.has(id));
  const sources = new Set(read.flatMap((id) => graph.sourcesOf(id)));
  const made = nodes.filter((node) => !planKind(node).moves).map(({ output }) => output);
  return [...sources, ...made].reduce((sum, id) => sum + sizeOf(tensors[id].shape), 0);
}
