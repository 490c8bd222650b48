import type { IntegerProgram } from '../integer/program.ts';
import type { CostOf } from './cost.ts';
import type { Cover } from './cover.ts';
import { PlanError } from './errors.ts';
import { improveGroups, type Group } from './improve.ts';
import { MODEL_LIMITS, SLICE_TENSOR_LIMIT } from './limits.ts';
import { coverOrder } from './order-cuts.ts';
import { orderGroups, unitOrders } from './orders.ts';
import { SliceSizes } from './sizes.ts';
import { withLargeInputsSplit } from './split-inputs.ts';
import { priceOf, type Aim } from './target.ts';
import { composeViews } from './compose-views.ts';
import { tileUnit, type Pieces, type Tiled } from './tile.ts';
import { gridBoxes, tilingsOf, type Tiling } from './tilings.ts';
import { UnitGraph } from './unit-graph.ts';
import { ProgramGraph } from './units.ts';

export interface SearchOptions {
  readonly budget: number;
  readonly aim: Aim;
  readonly costOf: CostOf;
}

/** A program, tiled where that is best, and its nodes in slices. */
export interface Partition {
  readonly graph: ProgramGraph;
  /** Positions of each slice's nodes, ascending; slices come after those that they read from. */
  readonly groups: readonly (readonly number[])[];
  /** The tensors that are in pieces, in the order in which they were cut; pieces may be cut again. */
  readonly pieces: readonly Pieces[];
  readonly price: number;
}

/** So many choices of tiles are followed to the end. */
const MOST_CHOICES = 4;
/** In programs of more units only the first of them. */
const UNITS_FOR_CHOICES = 60;

/** Rounds of covering and bettering: the order that bettered groups give is covered again. */
const ROUNDS = 3;

/**
 * The cheapest partition that is found. Tiles are chosen first, with cuts around them, in every order that is
 * tried. What a reader of tiles costs, and that a tile may share a slice with its neighbours, shows only once
 * the program has the tiles as units: so the cuts are chosen again for each of the likeliest choices of tiles.
 * @throws PlanError PLAN_UNIT_TOO_LARGE
 */
function partition({ program, pieces }: Tiled, options: SearchOptions): Partition {
  const sizes = sizesOf(program, options);
  const covers = coversOf(sizes, true, options);
  const choices = new Map(
    covers.map(({ cuts }) => {
      const tilings = cuts.flatMap(({ kind }) => ('grid' in kind ? [kind] : []));
      return [tilings.map(({ unit, grid }) => `${unit}:${grid.parts.join('×')}`).join(' '), tilings];
    }),
  );
  const most = sizes.units.units.length > UNITS_FOR_CHOICES ? 1 : MOST_CHOICES;
  return [...choices.values()]
    .slice(0, most)
    .map((tilings) => {
      const tiled = withTilings(sizes, tilings);
      return settled({ ...tiled, pieces: [...pieces, ...tiled.pieces] }, options);
    })
    .reduce((best, found) => (found.price < best.price ? found : best));
}

/** The best partition without more tiles than are needed. */
function settled(tiled: Tiled, options: SearchOptions): Partition {
  for (let { program, pieces } = tiled; ;) {
    const sizes = sizesOf(program, options);
    const [cover] = coversOf(sizes, false, options);
    const tilings = cover.cuts.flatMap(({ kind }) => ('grid' in kind ? [kind] : []));
    if (tilings.length === 0) return { ...bettered(sizes, cover, options), pieces };
    const next = withTilings(sizes, tilings);
    [program, pieces] = [next.program, [...pieces, ...next.pieces]];
  }
}

function sizesOf(program: IntegerProgram, { costOf }: SearchOptions): SliceSizes {
  return new SliceSizes(new UnitGraph(new ProgramGraph(program)), costOf);
}

/** The program with units in tiles, each of which reads only the pieces that it needs. */
function withTilings({ units: { graph, units } }: SliceSizes, tilings: readonly Tiling[]): Tiled {
  const pieces: Pieces[] = [];
  let { program } = graph;
  for (const { unit, grid } of tilings) {
    // The nodes are found again by what they write: earlier tiles have moved them.
    const current = new ProgramGraph(program);
    const nodes = units[unit].nodes.map(
      (position) => current.writer.get(graph.program.nodes[position].output) as number,
    );
    const output = graph.program.nodes[units[unit].nodes.at(-1) as number].output;
    const boxes = gridBoxes(program.tensors[output].shape, grid);
    const tiled = tileUnit(current, { nodes }, output, boxes);
    if (!tiled) continue;
    program = tiled.program;
    pieces.push(tiled.pieces);
  }
  return { program: composeViews(program), pieces };
}

/** Covers of every order that is tried, the cheapest first. */
function coversOf(
  sizes: SliceSizes,
  freely: boolean,
  options: SearchOptions,
): readonly Cover<readonly number[] | Tiling>[] {
  const { budget, aim } = options;
  const tilings = sizes.units.units.map((_, unit) => tilingsOf(sizes, unit, { ...options, freely }));
  checkFits(sizes, tilings, budget);
  return unitOrders(sizes.units)
    .flatMap((order) => coverOrder(sizes, order, tilings, budget, aim))
    .toSorted((a, b) => a.price - b.price);
}

function bettered(
  sizes: SliceSizes,
  cover: Cover<readonly number[] | Tiling>,
  { budget, aim }: SearchOptions,
): Omit<Partition, 'pieces'> {
  const { units } = sizes.units;
  const none = units.map(() => []);
  const priced = (groups: readonly Group[]): number =>
    priceOf(
      groups.map(({ figures }) => figures),
      aim,
    );
  let groups = groupsOf(cover);
  for (let round = 0; round < ROUNDS; round++) {
    groups = improveGroups(sizes, groups, budget, aim);
    const order = ordered(sizes, groups).flatMap((group) => group.toSorted((a, b) => a - b));
    const [again] = coverOrder(sizes, order, none, budget, aim);
    if (!again || again.price >= priced(groups)) break;
    groups = groupsOf(again);
  }
  return {
    graph: sizes.units.graph,
    groups: ordered(sizes, groups).map((group) =>
      group.flatMap((unit) => units[unit].nodes).toSorted((a, b) => a - b),
    ),
    price: priced(groups),
  };
}

function ordered(sizes: SliceSizes, groups: readonly Group[]): readonly (readonly number[])[] {
  return (
    orderGroups(
      sizes.units,
      groups.map(({ units }) => units),
    ) ?? []
  );
}

function groupsOf({ cuts }: Cover<readonly number[] | Tiling>): readonly Group[] {
  return cuts.flatMap(({ kind, slices }) => ('grid' in kind ? [] : [{ units: kind, figures: slices[0] }]));
}

function checkFits(sizes: SliceSizes, tilings: readonly (readonly Tiling[])[], budget: number): void {
  const { graph, units } = sizes.units;
  const stuck = units.findIndex((_, unit) => {
    const alone = sizes.exact([unit]);
    return tilings[unit].length === 0 && (alone === undefined || alone.constraints > budget);
  });
  if (stuck < 0) return;
  const { name } = graph.program.nodes[units[stuck].nodes[0]];
  throw new PlanError(
    'PLAN_UNIT_TOO_LARGE',
    `the layer of ${name} can't be brought under ${budget} constraints and ${SLICE_TENSOR_LIMIT} tensors a slice`,
    { hint: 'Raise the budget or use fewer bits.', details: { node: name, budget } },
  );
}

/** Seconds that a slice is charged besides when a plan has too many, one after the other. */
const CHARGES = [0, 0.1, 0.3, 1, 3, 10, 30];

/** {@link partition} with no more slices than a model may have, by making each dearer as long as there are more. */
function bounded(tiled: Tiled, options: SearchOptions): Partition {
  let found: Partition | undefined;
  for (const perSlice of CHARGES) {
    found = partition(tiled, { ...options, aim: { ...options.aim, perSlice } });
    if (found.groups.length <= MODEL_LIMITS.slices) return found;
  }
  throw new PlanError(
    'PLAN_MODEL_TOO_LARGE',
    `expected at most ${MODEL_LIMITS.slices} slices, got ${found?.groups.length}`,
    { hint: 'Raise the budget, so that slices are larger.' },
  );
}

/**
 * The cheapest partition of a program as it is, or with its large inputs in pieces.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE: of the program as it is
 */
export function cheapestPartition(program: IntegerProgram, options: SearchOptions): Partition {
  const split = withLargeInputsSplit(program, options.budget);
  const found: Partition[] = [];
  let refusal: unknown;
  for (const tiled of [{ program, pieces: [] }, ...(split ? [split] : [])]) {
    try {
      found.push(bounded(tiled, options));
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      refusal ??= error;
    }
  }
  if (found.length === 0) throw refusal;
  return found.reduce((best, other) => (other.price < best.price ? other : best));
}
