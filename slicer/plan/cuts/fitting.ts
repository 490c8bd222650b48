import { PlanError } from '../errors.ts';
import type { IntegerProgram } from '../../integer/program.ts';
import { withOutputsApart } from '../tilings/apart.ts';
import { withCommitted } from '../tilings/commits.ts';
import { withFactorCopied } from '../tilings/copies.ts';
import { withInnerParts } from '../tilings/inner-parts.ts';
import { withJoins } from '../tilings/joins.ts';
import { MODEL_LIMITS, SLICE_TENSOR_LIMIT } from '../limits.ts';
import type { KnownIntervals } from '../cost/known-intervals.ts';
import { SliceSizes, type CountCache } from '../cost/sizes.ts';
import { priceOf, type Aim } from '../cost/target.ts';
import { tileableOutput, type Tiled } from '../tilings/tile.ts';
import { tilingsOf, type Tiling } from '../tilings/tilings.ts';
import { UnitGraph } from '../units/unit-graph.ts';
import { ProgramGraph, type Unit } from '../units/units.ts';
import { withTilings } from '../tilings/with-tilings.ts';

export interface FittingOptions {
  readonly budget: number;
  readonly aim: Aim;
  readonly cache: CountCache;
}

/** A program every unit of which fits a slice. */
export interface Fitting extends Tiled {
  readonly sizes: SliceSizes;
}

/**
 * The program with those layers in tiles that have to be: what is read comes before what reads it, so that a
 * layer is tiled when the tensors that it reads are in pieces already. Where a layer's tiles don't fit because
 * they would read a tensor too large, that one's layer is tiled too, though it fits by itself; where it reads
 * more pieces than a slice may have tensors, some are joined. What no tiles help becomes more units: an accumulator is
 * committed, a product is the sum of two over half of its terms each.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE: more tiles than a model may have slices
 */
export function fitting(tiled: Tiled, options: FittingOptions): Fitting {
  const { budget, cache } = options;
  // Tensors whose layers are to be tiled for their readers' sake.
  const shared = new Set<number>();
  let [tiles, parts] = [0, 0];
  for (let { program, pieces } = tiled; ;) {
    const sizes = new SliceSizes(
      new UnitGraph(new ProgramGraph(program), (range) => cache.unpacking(range)),
      cache,
    );
    const step = firstStep(sizes, shared, options);
    if (step === undefined) return { program, pieces, sizes };
    if ('grid' in step) {
      tiles += step.slices.length;
      if (tiles > MODEL_LIMITS.slices) throw tooMany(budget);
      const next = withTilings(sizes, [step]);
      [program, pieces] = [next.program, [...pieces, ...next.pieces]];
    } else {
      const unit = sizes.units.units[step.stuck];
      const hasTooMany = sizes.exact([step.stuck]) === undefined;
      // Tiles would fit once what they read is in pieces; else the unit itself has to become smaller.
      const waits =
        step.share !== undefined && !hasTooMany && tileableOutput(sizes.units.graph, unit) !== undefined;
      const next =
        waits || step.unreadable !== undefined
          ? undefined
          : inParts(sizes.units.graph, unit, hasTooMany ? budget : undefined, cache.intervals);
      if (next && ++parts <= MODEL_LIMITS.slices) program = next;
      else if (step.share !== undefined && !(hasTooMany && isPiece(pieces, step.share)))
        shared.add(step.share);
      else throw tooLarge(sizes, step.stuck, budget);
    }
  }
}

/**
 * The program with a unit that can't be tiled in more parts: what a product reads by columns copied, one for each half of what it writes, what it reads joined where
 * it reads too many tensors, one of its accumulators committed, or one of its products as a sum of two. Undefined where it has none.
 */
function inParts(
  graph: ProgramGraph,
  unit: Unit,
  joinedWithin: number | undefined,
  known: KnownIntervals,
): IntegerProgram | undefined {
  return (
    withFactorCopied(graph, unit) ??
    withOutputsApart(graph, unit) ??
    (joinedWithin === undefined ? undefined : withJoins(graph, unit, joinedWithin)) ??
    withCommitted(graph, unit, known) ??
    withInnerParts(graph, unit, joinedWithin !== undefined) ??
    withCommitted(graph, unit, known, true)
  );
}

/** Whether a tensor is part of one that was cut: cut again it only makes more tensors for whoever reads too many. */
function isPiece(pieces: Tiled['pieces'], id: number): boolean {
  return pieces.some(({ tensors }) => tensors.includes(id));
}

/** A unit that no tiles of its own help. */
interface Stuck {
  readonly stuck: number;
  /** A tensor that it reads whose layer could be tiled. */
  readonly share: number | undefined;
  /** A tensor that it reads and no slice can. */
  readonly unreadable?: number;
}

/** What to do about the first unit that does not fit: tile it, or tile what it reads, or else make more units of it. */
function firstStep(
  sizes: SliceSizes,
  shared: ReadonlySet<number>,
  { budget, aim, cache }: FittingOptions,
): Tiling | Stuck | undefined {
  const { units } = sizes.units;
  for (let unit = 0; unit < units.length; unit++) {
    const isShared = sizes.units.writes[unit].some((id) => shared.has(id));
    if (!isShared && fitsAlone(sizes, unit, budget)) continue;
    // Nothing helps that leaves a tensor which no slice can read.
    const unreadable = sizes.units.reads[unit].find((id) => sizes.reading(id) > budget);
    if (unreadable !== undefined) {
      const helps = sizes.units.isTileable(unreadable) && !shared.has(unreadable);
      return { stuck: unit, share: helps ? unreadable : undefined, unreadable };
    }
    const tilings = tilingsOf(sizes, unit, { budget, reason: 'needed', costOf: cache.costOf });
    if (tilings.length > 0) {
      return tilings.reduce((best, tiling) =>
        priceOf(tiling.slices, aim) < priceOf(best.slices, aim) ? tiling : best,
      );
    }
    if (isShared && fitsAlone(sizes, unit, budget)) continue;
    return { stuck: unit, share: largestInput(sizes, unit, shared) };
  }
  return undefined;
}

function fitsAlone(sizes: SliceSizes, unit: number, budget: number): boolean {
  const alone = sizes.exact([unit]);
  return alone !== undefined && alone.constraints <= budget;
}

/** The tensor that a unit unpacks for most, of those that units write which are not tiled yet. */
function largestInput({ units }: SliceSizes, unit: number, shared: ReadonlySet<number>): number | undefined {
  const open = units.reads[unit].filter(
    (id) => units.writer.has(id) && !shared.has(id) && units.isTileable(id),
  );
  if (open.length === 0) return undefined;
  return open.reduce((most, id) => (units.rowsOf(id).input > units.rowsOf(most).input ? id : most));
}

function tooLarge(sizes: SliceSizes, unit: number, budget: number): PlanError {
  const { graph, units } = sizes.units;
  const { name } = graph.program.nodes[units[unit].nodes[0]];
  return new PlanError(
    'PLAN_UNIT_TOO_LARGE',
    `the layer of ${name} can't be brought under ${budget} constraints and ${SLICE_TENSOR_LIMIT} tensors a slice`,
    { hint: 'Raise the budget or use fewer bits.', details: { node: name, budget } },
  );
}

function tooMany(budget: number): PlanError {
  return new PlanError(
    'PLAN_MODEL_TOO_LARGE',
    `expected at most ${MODEL_LIMITS.slices} slices: tiles of ${budget} constraints are more`,
    { hint: 'Raise the budget, so that slices are larger.' },
  );
}
