import { orderGroups } from '../units/orders.ts';
import type { SliceSizes } from '../cost/sizes.ts';
import { priceOf, type Aim } from '../cost/target.ts';
import type { SliceFigures } from '../cost/cost.ts';

/** Units that become one slice, with what it costs. */
export interface Group {
  readonly units: readonly number[];
  readonly figures: SliceFigures;
}

/** Passes over all units; each ends what the one before made possible, and few are needed. */
const PASSES = 6;

/**
 * Betters a partition step by step until no step does: a unit goes over to a slice that it is tied to, or two
 * slices that are tied become one. Units are tied when one reads the other's tensor or both read one tensor,
 * so branches that no order has side by side can meet. Estimates propose, exact counts decide.
 * @param groups each after those it reads from
 */
export function improveGroups(
  sizes: SliceSizes,
  groups: readonly Group[],
  budget: number,
  aim: Aim,
): readonly Group[] {
  let best = groups;
  for (let pass = 0; pass < PASSES; pass++) {
    const before = best;
    for (let unit = 0; unit < sizes.units.units.length; unit++) {
      best = betterFor(sizes, best, unit, budget, aim);
    }
    if (best === before) break;
  }
  return best;
}

function betterFor(
  sizes: SliceSizes,
  groups: readonly Group[],
  unit: number,
  budget: number,
  aim: Aim,
): readonly Group[] {
  const from = groups.findIndex(({ units }) => units.includes(unit));
  const tied = tiedUnits(sizes, unit);
  const targets = [...groups.keys()].filter(
    (index) => index !== from && groups[index].units.some((other) => tied.has(other)),
  );
  let best = groups;
  for (const target of targets) {
    if (best !== groups) break;
    const whole = groups[from].units;
    const rest = whole.filter((other) => other !== unit);
    const moves = rest.length === 0 ? [] : [[rest, [...groups[target].units, unit]]];
    for (const replaced of [...moves, [[...whole, ...groups[target].units]]]) {
      const next = withReplaced(sizes, groups, [from, target], replaced, budget, aim);
      if (next && priceOf(figuresOf(next), aim) < priceOf(figuresOf(best), aim)) best = next;
    }
  }
  return best;
}

/** The groups with two of them replaced, where that is allowed and, as far as estimates tell, better. */
function withReplaced(
  sizes: SliceSizes,
  groups: readonly Group[],
  [left, right]: readonly [number, number],
  replaced: readonly (readonly number[])[],
  budget: number,
  aim: Aim,
): readonly Group[] | undefined {
  const kept = groups.filter((_, index) => index !== left && index !== right);
  if (kept.length + replaced.length < aim.minSlices && replaced.length < 2) return undefined;
  const sized = (
    size: (units: readonly number[]) => SliceFigures | undefined,
  ): readonly Group[] | undefined => {
    const made: Group[] = [];
    for (const units of replaced) {
      const figures = size(units);
      if (!figures || figures.constraints > budget) return undefined;
      made.push({ units, figures });
    }
    return made;
  };
  const now = priceOf(figuresOf(groups), aim);
  const likely = sized((units) => sizes.likely(units));
  if (!likely || priceOf(figuresOf([...kept, ...likely]), aim) >= now) return undefined;
  if (
    !orderGroups(
      sizes.units,
      [...kept, ...likely].map(({ units }) => units),
    )
  )
    return undefined;
  const exact = sized((units) => sizes.exact(units));
  return exact && priceOf(figuresOf([...kept, ...exact]), aim) < now ? [...kept, ...exact] : undefined;
}

/** Units that read what a unit writes, or write what it reads, or read what it reads. */
function tiedUnits({ units }: SliceSizes, unit: number): ReadonlySet<number> {
  return new Set([
    ...units.before[unit],
    ...units.after[unit],
    ...units.reads[unit].flatMap((id) => units.readers.get(id) ?? []),
  ]);
}

function figuresOf(groups: readonly Group[]): readonly SliceFigures[] {
  return groups.map(({ figures }) => figures);
}
