import type { IntegerProgram } from '../integer/program.ts';
import { figuresOf, type CostOf, type SliceFigures } from './cost.ts';
import { extract } from './extract.ts';
import { SLICE_TENSOR_LIMIT } from './limits.ts';
import type { SliceSizes } from './sizes.ts';
import { evenTiles, tileable, tileUnit, type TileableUnit } from './tile.ts';
import { ProgramGraph } from './units.ts';

/** A way to cut one unit into tiles. */
export interface Tiling {
  readonly unit: number;
  readonly tiles: number;
  readonly slices: readonly SliceFigures[];
}

export interface TilingOptions {
  readonly budget: number;
  /** Whether units are tiled that fit without: tiles shorten the longest slice. */
  readonly freely: boolean;
  readonly costOf: CostOf;
}

/** Tiles of fewer constraints than this are not worth a proof, where the layer fits without. */
const LEAST_TILE = 4096;

/** A reader of all tiles has them and its own output among its tensors. */
const MOST_TILES = SLICE_TENSOR_LIMIT - 1;

/** The ways in which a unit may be tiled within the budget; none where it fits and is not to be tiled freely. */
export function tilingsOf(sizes: SliceSizes, unit: number, options: TilingOptions): readonly Tiling[] {
  const { graph, units } = sizes.units;
  const { budget, freely, costOf } = options;
  const parts = tileable(graph.program, units[unit]);
  if (!parts) return [];
  const alone = sizes.exact([unit]);
  const fits = alone !== undefined && alone.constraints <= budget;
  const isOutput = sizes.units.writes[unit].some((id) => sizes.units.isWanted(id));
  // A tiled model output is several tensors to whoever asked for one: only where nothing else fits.
  if (fits && (isOutput || !freely)) return [];
  const found: Tiling[] = [];
  const size = alone?.constraints ?? Infinity;
  for (let tiles = 2; tiles <= Math.min(MOST_TILES, parts.linear.bias.length); tiles++) {
    if (fits && size / tiles < LEAST_TILE) break;
    const slices = tileSizes(graph.program, parts, tiles, costOf);
    if (slices.every(({ constraints }) => constraints <= budget)) found.push({ unit, tiles, slices });
  }
  return found;
}

/** Each tile's figures when a unit is cut into so many. */
function tileSizes(
  program: IntegerProgram,
  parts: TileableUnit,
  count: number,
  costOf: CostOf,
): readonly SliceFigures[] {
  const whole = parts.rest[parts.rest.length - 1].output;
  const ranges = evenTiles(parts.linear.bias.length, count);
  const graph = new ProgramGraph(tileUnit({ ...program, outputs: [whole] }, parts, ranges));
  const first = graph.program.nodes.findIndex(({ name }) => name.startsWith(`${parts.linear.name}[`));
  const length = 1 + parts.rest.length;
  return ranges.map((_, tile) => {
    const positions = Array.from({ length }, (_, i) => first + tile * length + i);
    return figuresOf(costOf(extract(graph, positions).program), 1);
  });
}

/** The program with a unit tiled. */
export function withTiling(
  program: IntegerProgram,
  sizes: SliceSizes,
  { unit, tiles }: Tiling,
): IntegerProgram {
  const { graph, units } = sizes.units;
  const parts = tileable(graph.program, units[unit]);
  return parts ? tileUnit(program, parts, evenTiles(parts.linear.bias.length, tiles)) : program;
}
