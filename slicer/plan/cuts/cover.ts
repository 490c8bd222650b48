import type { SliceFigures } from '../cost/cost.ts';
import { priceOf, shareOf, type Aim } from '../cost/target.ts';

/** What some neighbours of an order become. */
export interface Cut<Kind = unknown> {
  /** Places first … end − 1 of the order. */
  readonly first: number;
  readonly end: number;
  /** One slice, or more where a unit is tiled. */
  readonly slices: readonly SliceFigures[];
  readonly kind: Kind;
}

/** Cuts that together take in a whole order. */
export interface Cover<Kind> {
  readonly price: number;
  readonly cuts: readonly Cut<Kind>[];
}

/**
 * Covers of an order, cheapest first, with at least `minSlices` slices where there is such a cover. The longest
 * slice and the largest memory don't add up; they follow the domain, so it is the best cover under each limit
 * on the domain.
 * @param possible by place: the cuts that start there
 * @returns none where a place has no cut
 */
export function chooseCovers<Kind>(
  possible: readonly (readonly Cut<Kind>[])[],
  aim: Aim,
): readonly Cover<Kind>[] {
  const shares = possible.map((cuts) =>
    cuts.map((cut) => ({
      cut,
      share: cut.slices.reduce((sum, slice) => sum + shareOf(slice, aim), 0),
      domain: cut.slices.reduce((most, { domain }) => Math.max(most, domain), 0),
    })),
  );
  const limits = [...new Set(shares.flat().map(({ domain }) => domain))].toSorted((a, b) => a - b);
  for (let wanted = aim.minSlices; wanted >= 1; wanted--) {
    const covers = limits.flatMap((limit) => {
      const cuts = cheapest(shares, wanted, limit);
      if (!cuts) return [];
      const slices = cuts.flatMap((cut) => cut.slices);
      return [{ price: priceOf(slices, aim), cuts }];
    });
    if (covers.length > 0) return covers.toSorted((a, b) => a.price - b.price);
  }
  return [];
}

interface SharedCut<Kind> {
  readonly cut: Cut<Kind>;
  readonly share: number;
  readonly domain: number;
}

/** How a place was reached for least. */
interface Step<Kind> {
  readonly price: number;
  readonly cut?: Cut<Kind>;
  /** Slices before the cut, up to as many as are wanted. */
  readonly count: number;
}

/** Least sum of shares by dynamic programming over (places covered, slices so far up to `wanted`). */
function cheapest<Kind>(
  possible: readonly (readonly SharedCut<Kind>[])[],
  wanted: number,
  limit: number,
): readonly Cut<Kind>[] | undefined {
  const steps: (Step<Kind> | undefined)[][] = Array.from({ length: possible.length + 1 }, () => []);
  steps[0][0] = { price: 0, count: 0 };
  possible.forEach((cuts, place) => {
    steps[place].forEach((step, count) => {
      if (!step) return;
      for (const { cut, share, domain } of cuts) {
        if (domain > limit) continue;
        const reached = Math.min(wanted, count + cut.slices.length);
        const known = steps[cut.end][reached];
        const price = step.price + share;
        if (!known || price < known.price) steps[cut.end][reached] = { price, cut, count };
      }
    });
  });
  const cuts: Cut<Kind>[] = [];
  let [place, count] = [possible.length, wanted];
  while (place > 0) {
    const step = steps[place][count];
    if (!step?.cut) return undefined;
    cuts.push(step.cut);
    [place, count] = [step.cut.first, step.count];
  }
  return cuts.reverse();
}
