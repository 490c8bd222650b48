import type { IntegerProgram } from '../../integer/program.ts';
import type { CostOf } from '../cost/cost.ts';
import type { Cover } from './cover.ts';
import { PlanError } from '../errors.ts';
import { fitting, type FittingOptions } from './fitting.ts';
import { improveGroups, type Group } from './improve.ts';
import { STATEMENT_ROWS } from '../../../groth16/formats/r1cs.ts';
import { MODEL_LIMITS } from '../limits.ts';
import { coverOrder } from './order-cuts.ts';
import { orderGroups, unitOrders } from '../units/orders.ts';
import { CountCache, type SliceSizes } from '../cost/sizes.ts';
import { Bands } from '../tilings/bands.ts';
import { withLargeInputsSplit } from '../tilings/split-inputs.ts';
import { priceOf, type Aim } from '../cost/target.ts';
import type { Pieces, Tiled } from '../tilings/tile.ts';
import { LEAST_TILE, tilingsOf, type Tiling } from '../tilings/tilings.ts';
import type { ProgramGraph } from '../units/units.ts';
import { withTilings } from '../tilings/with-tilings.ts';

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
function partition(tiled: Tiled, options: FittingOptions): Partition {
  const fits = fitting(tiled, options);
  const { units } = fits.sizes.units;
  const free = { budget: options.budget, reason: 'free', costOf: options.cache.costOf } as const;
  // What is a tile already is as small as it has to be.
  const cut = new Set(fits.pieces.flatMap(({ tensors }) => tensors));
  const isTile = (unit: number): boolean => fits.sizes.units.writes[unit].some((id) => cut.has(id));
  const tilings = units.map((_, unit) => (isTile(unit) ? [] : tilingsOf(fits.sizes, unit, free)));
  const choices = new Map(
    coversOf(fits.sizes, tilings, options).map(({ cuts }) => {
      const chosen = cuts.flatMap(({ kind }) => ('grid' in kind ? [kind] : []));
      return [chosen.map(({ unit, grid }) => `${unit}:${grid.parts.join('×')}`).join(' '), chosen];
    }),
  );
  const likely = [...choices.values()].slice(0, units.length > UNITS_FOR_CHOICES ? 1 : MOST_CHOICES);
  // Without any choice but what layers need, should the likely ones leave a reader with too many pieces.
  return cheapest([...likely, []], (chosen) => {
    const { program, pieces } = withTilings(fits.sizes, chosen);
    return settled({ program, pieces: [...fits.pieces, ...pieces] }, options);
  });
}

/** The cheapest of what can be made; the last refusal where nothing can: what comes later is tried because it may help. */
function cheapest<Choice>(choices: readonly Choice[], make: (choice: Choice) => Partition): Partition {
  const found: Partition[] = [];
  let refusal: unknown;
  for (const choice of choices) {
    try {
      found.push(make(choice));
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      refusal = error;
    }
  }
  if (found.length === 0) throw refusal;
  return found.reduce((best, other) => (other.price < best.price ? other : best));
}

/** The best partition without more tiles than are needed. */
function settled(tiled: Tiled, options: FittingOptions): Partition {
  const { sizes, pieces } = fitting(tiled, options);
  const none = sizes.units.units.map(() => []);
  const [cover] = coversOf(sizes, none, options);
  return { ...bettered(sizes, cover, options), pieces };
}

/** Covers of every order that is tried, the cheapest first. */
function coversOf(
  sizes: SliceSizes,
  tilings: readonly (readonly Tiling[])[],
  { budget, aim }: FittingOptions,
): readonly Cover<readonly number[] | Tiling>[] {
  return unitOrders(sizes.units)
    .flatMap((order) => coverOrder(sizes, order, tilings, budget, aim))
    .toSorted((a, b) => a.price - b.price);
}

function bettered(
  sizes: SliceSizes,
  cover: Cover<readonly number[] | Tiling>,
  { budget, aim }: FittingOptions,
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

/** Seconds that a slice is charged besides when a plan has too many, one after the other. */
const CHARGES = [0, 0.1, 0.3, 1, 3, 10, 30];

/** {@link partition} with no more slices than a model may have, by making each dearer as long as there are more. */
function bounded(tiled: Tiled, options: FittingOptions, charges = CHARGES): Partition {
  let found: Partition | undefined;
  for (const perSlice of charges) {
    found = partition(tiled, { ...options, aim: { ...options.aim, perSlice } });
    if (found.groups.length <= MODEL_LIMITS.slices) return found;
  }
  throw new PlanError(
    'PLAN_MODEL_TOO_LARGE',
    `expected at most ${MODEL_LIMITS.slices} slices, got ${found?.groups.length}`,
    { hint: 'Raise the budget, so that slices are larger.' },
  );
}

/** What a band of a layer takes of the budget: two or three of them behind each other are a slice, or four or five. */
const BAND_SHARES = [1 / 3, 1 / 5];

/** In more pieces than this a program is tried with the first share only. */
const PIECES_FOR_SHARES = 300;

/**
 * The cheapest partition of a program as it is, or with its large inputs in pieces; and, where some layer has to be tiled, with its
 * layers in bands. Which tiles layers need follows the budget; so where small slices are wanted, half the budget is tried
 * as one, too.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE: with its inputs in pieces, where large ones are
 */
export function cheapestPartition(
  program: IntegerProgram,
  { budget, aim, costOf }: SearchOptions,
): Partition {
  const cache = new CountCache(costOf);
  const within = (share: number): Partition => {
    // A budget is that of a domain less the statement's rows: so is its half.
    const part = Math.floor((budget + STATEMENT_ROWS) * share) - STATEMENT_ROWS;
    const charges = share === 1 ? CHARGES : [0];
    return cheapest(variantsOf(program, part, cache), (tiled) =>
      bounded(tiled, { budget: part, aim, cache }, charges),
    );
  };
  const whole = within(1);
  const wantsSmall = aim.target === 'memory' || aim.target === 'latency';
  if (!wantsSmall || whole.groups.length > UNITS_FOR_CHOICES) return whole;
  return cheapest([1, 1 / 2], (share) => (share === 1 ? whole : within(share)));
}

/** A program as it is, with its large inputs in pieces, and with layers in bands. */
function variantsOf(program: IntegerProgram, budget: number, cache: CountCache): readonly Tiled[] {
  const withInputsSplit = (tiled: Tiled): Tiled | undefined => {
    const split = withLargeInputsSplit(tiled.program, budget, (tensor) => cache.reading(tensor));
    return split && { program: split.program, pieces: [...tiled.pieces, ...split.pieces] };
  };
  const plain = { program, pieces: [] };
  const split = withInputsSplit(plain);
  const bands = new Bands(program, cache);
  const shares = BAND_SHARES.filter((share) => share * budget >= LEAST_TILE && bands.isNeeded(budget));
  const banded = shares.flatMap((share) => bands.of(share * budget, budget) ?? []);
  const pieces = banded.slice(0, 1).flatMap((tiled) => tiled.pieces.flatMap(({ tensors }) => tensors)).length;
  const tried = pieces > PIECES_FOR_SHARES ? banded.slice(0, 1) : banded;
  // Whoever is refused is told what stands in the way of the program as it is.
  return [...tried.map((tiled) => withInputsSplit(tiled) ?? tiled), plain, ...(split ? [split] : [])];
}
