import type { IntegerProgram } from '../integer/program.ts';
import { extract } from './extract.ts';
import { domainSize, provingPrice, SLICE_TENSOR_LIMIT } from './price.ts';
import { evenTiles, tileable, tileUnit, type TileableUnit } from './tile.ts';
import { ProgramGraph, type Unit } from './units.ts';

/** What a stretch of units becomes: one slice, or one slice for each tile of a single unit. */
export interface Cut {
  /** Units first … end − 1. */
  readonly first: number;
  readonly end: number;
  /** Constraints of each slice that it becomes. */
  readonly slices: readonly number[];
}

export interface CutOptions {
  readonly budget: number;
  /** Whether units are tiled that fit without: tiles shorten the longest slice. */
  readonly tileFreely: boolean;
  readonly countConstraints: (program: IntegerProgram) => number;
}

/** Tiles of fewer constraints than this are not worth a proof, where the layer fits without. */
const LEAST_TILE = 4096;

/** A reader of all tiles has them and its own output among its tensors. */
const MOST_TILES = SLICE_TENSOR_LIMIT - 1;

/**
 * Every way to turn a stretch of units into slices within the budget.
 * @returns by unit: the cuts that start there; none where not even tiles fit
 */
export function possibleCuts(
  graph: ProgramGraph,
  units: readonly Unit[],
  { budget, tileFreely, countConstraints }: CutOptions,
): readonly (readonly Cut[])[] {
  const sizeOf = (first: number, end: number): number => {
    const nodes = units.slice(first, end).flatMap((unit) => unit.nodes);
    const { program, inputs, outputs } = extract(
      graph,
      nodes.toSorted((a, b) => a - b),
    );
    return inputs.length + outputs.length > SLICE_TENSOR_LIMIT ? Infinity : countConstraints(program);
  };
  return units.map((unit, first) => {
    const alone = sizeOf(first, first + 1);
    const cuts: Cut[] = [];
    for (let end = first + 1, size = alone; size <= budget; size = sizeOf(first, ++end)) {
      cuts.push({ first, end, slices: [size] });
      if (end === units.length) break;
    }
    const parts = tileable(graph.program, unit);
    if (!parts) return cuts;
    const isOutput = graph.program.outputs.includes(parts.rest[parts.rest.length - 1].output);
    // A tiled model output is several tensors to whoever asked for one: only where nothing else fits.
    if ((isOutput || !tileFreely) && cuts.length > 0) return cuts;
    return [
      ...cuts,
      ...tilings(graph.program, parts, alone, cuts.length > 0 ? LEAST_TILE : 0, {
        budget,
        countConstraints,
      }).map((slices) => ({
        first,
        end: first + 1,
        slices,
      })),
    ];
  });
}

function tilings(
  program: IntegerProgram,
  parts: TileableUnit,
  alone: number,
  least: number,
  { budget, countConstraints }: Pick<CutOptions, 'budget' | 'countConstraints'>,
): readonly (readonly number[])[] {
  const channels = parts.linear.bias.length;
  const found: (readonly number[])[] = [];
  for (let count = 2; count <= Math.min(MOST_TILES, channels); count++) {
    if (alone / count < least) break;
    if (alone / count > budget) continue;
    const slices = tileSizes(program, parts, count, countConstraints);
    if (slices.every((size) => size <= budget)) found.push(slices);
  }
  return found;
}

/** Constraints of each tile when a unit is cut into so many. */
export function tileSizes(
  program: IntegerProgram,
  parts: TileableUnit,
  count: number,
  countConstraints: (program: IntegerProgram) => number,
): readonly number[] {
  const whole = parts.rest[parts.rest.length - 1].output;
  const ranges = evenTiles(parts.linear.bias.length, count);
  const graph = new ProgramGraph(tileUnit({ ...program, outputs: [whole] }, parts, ranges));
  const first = graph.program.nodes.findIndex(({ name }) => name.startsWith(`${parts.linear.name}[`));
  const length = 1 + parts.rest.length;
  return ranges.map((_, tile) => {
    const positions = Array.from({ length }, (_, i) => first + tile * length + i);
    return countConstraints(extract(graph, positions).program);
  });
}

/**
 * The cuts that cover all units for the least total price plus the price of the longest slice (slices are
 * proved side by side, so the longest one is what a job waits for), with at least `minSlices` slices where
 * there is such a cover.
 */
export function chooseCuts(
  possible: readonly (readonly Cut[])[],
  minSlices: number,
): readonly Cut[] | undefined {
  const domains = new Set(possible.flat().flatMap(({ slices }) => slices.map(domainSize)));
  let best: { readonly price: number; readonly cuts: readonly Cut[] } | undefined;
  for (let wanted = minSlices; wanted >= 1 && !best; wanted--) {
    for (const limit of domains) {
      const found = cheapest(possible, wanted, limit);
      if (!found) continue;
      const longest = Math.max(...found.cuts.flatMap(({ slices }) => slices.map(provingPrice)));
      const price = found.price + longest;
      if (!best || price < best.price) best = { price, cuts: found.cuts };
    }
  }
  return best?.cuts;
}

interface Path {
  readonly price: number;
  readonly cuts: readonly Cut[];
}

/** Least total price by dynamic programming over (units covered, slices so far up to `wanted`). */
function cheapest(
  possible: readonly (readonly Cut[])[],
  wanted: number,
  domainLimit: number,
): Path | undefined {
  const paths: (Path | undefined)[][] = Array.from({ length: possible.length + 1 }, () => []);
  paths[0][0] = { price: 0, cuts: [] };
  possible.forEach((cuts, first) => {
    const usable = cuts.filter(({ slices }) => slices.every((size) => domainSize(size) <= domainLimit));
    paths[first].forEach((path, count) => {
      if (!path) return;
      for (const cut of usable) {
        const price = path.price + cut.slices.reduce((sum, size) => sum + provingPrice(size), 0);
        const reached = Math.min(wanted, count + cut.slices.length);
        const known = paths[cut.end][reached];
        if (!known || price < known.price) paths[cut.end][reached] = { price, cuts: [...path.cuts, cut] };
      }
    });
  });
  return paths[possible.length][wanted];
}
