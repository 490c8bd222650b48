import { composeViews } from './compose-views.ts';
import type { SliceSizes } from '../cost/sizes.ts';
import type { Box } from './box.ts';
import { tileUnit, type Pieces, type Tiled } from './tile.ts';
import { gridTiles, type Tiling } from './tilings.ts';
import { ProgramGraph, type Unit } from '../units/units.ts';

/** A unit that becomes tiles, by the boxes of what it writes. */
export interface UnitTiles extends Unit {
  readonly output: number;
  readonly tiles: readonly (readonly Box[])[];
}

/** The program with units in tiles of grids, each of which reads only the pieces that it needs. */
export function withTilings({ units: { graph, units } }: SliceSizes, tilings: readonly Tiling[]): Tiled {
  const { nodes, tensors } = graph.program;
  return withTiles(
    graph,
    tilings.map(({ unit, grid }) => {
      const { output } = nodes[units[unit].nodes.at(-1) as number];
      return { ...units[unit], output, tiles: gridTiles(tensors[output].shape, grid) };
    }),
  );
}

/** The program with units in tiles, each of which reads only the pieces that it needs. */
export function withTiles(graph: ProgramGraph, units: readonly UnitTiles[]): Tiled {
  const pieces: Pieces[] = [];
  let { program } = graph;
  for (const { nodes, output, tiles } of units) {
    // The nodes are found again by what they write: earlier tiles have moved them.
    const current = new ProgramGraph(program);
    const own = nodes.map((position) => current.writer.get(graph.program.nodes[position].output) as number);
    const tiled = tileUnit(current, { nodes: own }, output, tiles);
    if (!tiled) continue;
    program = tiled.program;
    pieces.push(tiled.pieces);
  }
  const before = new Set(graph.program.nodes);
  const cut = new Set(pieces.flatMap(({ tensors }) => tensors));
  const composed = composeViews(
    program,
    (node, sources) => !before.has(node) || sources.some((id) => cut.has(id)),
  );
  return { program: composed, pieces };
}
