import { composeViews } from './compose-views.ts';
import type { SliceSizes } from '../cost/sizes.ts';
import { tileUnit, type Pieces, type Tiled } from './tile.ts';
import { gridTiles, type Tiling } from './tilings.ts';
import { ProgramGraph } from '../units/units.ts';

/** The program with units in tiles, each of which reads only the pieces that it needs. */
export function withTilings({ units: { graph, units } }: SliceSizes, tilings: readonly Tiling[]): Tiled {
  const pieces: Pieces[] = [];
  let { program } = graph;
  for (const { unit, grid } of tilings) {
    // The nodes are found again by what they write: earlier tiles have moved them.
    const current = new ProgramGraph(program);
    const nodes = units[unit].nodes.map(
      (position) => current.writer.get(graph.program.nodes[position].output) as number,
    );
    const output = graph.program.nodes[units[unit].nodes.at(-1) as number].output;
    const tiles = gridTiles(program.tensors[output].shape, grid);
    const tiled = tileUnit(current, { nodes }, output, tiles);
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
