import type { SliceFigures } from '../cost/cost.ts';
import { chooseCovers, type Cover, type Cut } from './cover.ts';
import type { SliceSizes } from '../cost/sizes.ts';
import type { Aim } from '../cost/target.ts';
import type { Tiling } from '../tilings/tilings.ts';
import { Boundary } from '../units/unit-graph.ts';

/** Units as one slice, or one unit as a slice for each of its tiles. */
export type UnitCut = Cut<readonly number[] | Tiling>;

/** Up to so many cuts of an order are all counted exactly; of more, only those that are taken. */
const COUNTED_CUTS = 40;

/** Rounds of choosing and counting before only what is counted may be taken. */
const ROUNDS = 12;

/**
 * Covers of an order within the budget, the cheapest first and exactly counted.
 * @param tilings by unit: the ways in which it may be tiled
 * @returns none where a unit fits neither whole nor in tiles
 */
export function coverOrder(
  sizes: SliceSizes,
  order: readonly number[],
  tilings: readonly (readonly Tiling[])[],
  budget: number,
  aim: Aim,
): readonly Cover<readonly number[] | Tiling>[] {
  const stretches = order.map((_, first) => stretchesFrom(sizes, order, first, budget));
  const exactly = stretches.flat().length <= COUNTED_CUTS;
  for (let round = 0; ; round++) {
    const onlyCounted = exactly || round >= ROUNDS;
    const possible = stretches.map((ends, first): UnitCut[] => [
      ...ends.flatMap(({ end, likely }) => {
        const units = order.slice(first, end);
        const counted = sizes.isCounted(units) || exactly || end === first + 1;
        if (!counted && onlyCounted) return [];
        const slice = counted ? sizes.exact(units) : likely;
        return slice && slice.constraints <= budget ? [{ first, end, slices: [slice], kind: units }] : [];
      }),
      ...tilings[order[first]].map((tiling) => ({
        first,
        end: first + 1,
        slices: tiling.slices,
        kind: tiling,
      })),
    ]);
    const covers = chooseCovers(possible, aim);
    const estimated = (covers[0]?.cuts ?? []).flatMap(({ kind }) =>
      'grid' in kind || sizes.isCounted(kind) ? [] : [kind],
    );
    if (estimated.length === 0) return covers;
    estimated.forEach((units) => sizes.exact(units));
  }
}

/** How far a slice that starts at a place may go: until its units alone would pass the budget. */
function stretchesFrom(
  sizes: SliceSizes,
  order: readonly number[],
  first: number,
  budget: number,
): readonly { readonly end: number; readonly likely: SliceFigures | undefined }[] {
  const edge = new Boundary(sizes.units);
  const found = [];
  let inner = 0;
  for (let place = first; place < order.length; place++) {
    inner += sizes.inner(order[place]);
    if (inner > budget && place > first) break;
    // What can't be proved has a slice of its own.
    if (place > first && (sizes.isForeign(order[place]) || sizes.isForeign(order[first]))) break;
    edge.add(order[place]);
    found.push({ end: place + 1, likely: sizes.estimate(inner, edge) });
  }
  return found;
}
