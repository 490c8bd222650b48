import type { IntegerProgram } from '../integer/program.ts';
import type { CostOf } from './cost.ts';
import type { Cover } from './cover.ts';
import { PlanError } from './errors.ts';
import { improveGroups, type Group } from './improve.ts';
import { MODEL_LIMITS, SLICE_TENSOR_LIMIT } from './limits.ts';
import { coverOrder } from './order-cuts.ts';
import { orderGroups, unitOrders } from './orders.ts';
import { SliceSizes } from './sizes.ts';
import { priceOf, type Aim } from './target.ts';
import { tilingsOf, withTiling, type Tiling } from './tilings.ts';
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
}

/** Rounds of covering and bettering: the order that bettered groups give is covered again. */
const ROUNDS = 3;

/**
 * The cheapest partition that is found. Tiles are chosen first, with cuts around them, in every order that
 * is tried; then the program has them as units like others, and the cuts are chosen again and bettered.
 * @throws PlanError PLAN_UNIT_TOO_LARGE
 */
export function partition(program: IntegerProgram, options: SearchOptions): Partition {
  let tiled = program;
  for (let freely = true; ; freely = false) {
    const sizes = new SliceSizes(new UnitGraph(new ProgramGraph(tiled)), options.costOf);
    const { units } = sizes.units;
    const tilings = units.map((_, unit) => tilingsOf(sizes, unit, { ...options, freely }));
    checkFits(sizes, tilings, options.budget);
    const cover = cheapestCover(sizes, tilings, options);
    const chosen = cover.cuts.flatMap(({ kind }) => ('tiles' in kind ? [kind] : []));
    if (chosen.length === 0) return { graph: sizes.units.graph, groups: bettered(sizes, cover, options) };
    // A reader of tiles commits to more tensors than it was reckoned with: the cuts are chosen again.
    tiled = chosen.reduce((current, tiling) => withTiling(current, sizes, tiling), tiled);
  }
}

/** The best cover of any order, with no more slices than a model may have. */
function cheapestCover(
  sizes: SliceSizes,
  tilings: readonly (readonly Tiling[])[],
  { budget, aim }: SearchOptions,
): Cover<readonly number[] | Tiling> {
  const covers = unitOrders(sizes.units).flatMap(
    (order) => coverOrder(sizes, order, tilings, budget, aim) ?? [],
  );
  return covers.reduce((best, cover) => (cover.price < best.price ? cover : best));
}

function bettered(
  sizes: SliceSizes,
  cover: Cover<readonly number[] | Tiling>,
  { budget, aim }: SearchOptions,
): readonly (readonly number[])[] {
  const { units } = sizes.units;
  const none = units.map(() => []);
  let groups = groupsOf(cover);
  for (let round = 0; round < ROUNDS; round++) {
    groups = improveGroups(sizes, groups, budget, aim);
    const order = (
      orderGroups(
        sizes.units,
        groups.map((group) => group.units),
      ) ?? []
    ).flatMap((group) => group.toSorted((a, b) => a - b));
    const again = coverOrder(sizes, order, none, budget, aim);
    const price = priceOf(
      groups.map(({ figures }) => figures),
      aim,
    );
    if (!again || again.price >= price) break;
    groups = groupsOf(again);
  }
  const ordered =
    orderGroups(
      sizes.units,
      groups.map((group) => group.units),
    ) ?? [];
  return ordered.map((group) => group.flatMap((unit) => units[unit].nodes).toSorted((a, b) => a - b));
}

function groupsOf({ cuts }: Cover<readonly number[] | Tiling>): readonly Group[] {
  return cuts.flatMap(({ kind, slices }) => ('tiles' in kind ? [] : [{ units: kind, figures: slices[0] }]));
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
export function boundedPartition(program: IntegerProgram, options: SearchOptions): Partition {
  let found: Partition | undefined;
  for (const perSlice of CHARGES) {
    found = partition(program, { ...options, aim: { ...options.aim, perSlice } });
    if (found.groups.length <= MODEL_LIMITS.slices) return found;
  }
  throw new PlanError(
    'PLAN_MODEL_TOO_LARGE',
    `expected at most ${MODEL_LIMITS.slices} slices, got ${found?.groups.length}`,
    { hint: 'Raise the budget, so that slices are larger.' },
  );
}
