import { along, evenParts, type Box } from './box.ts';
import { composeViews } from './compose-views.ts';
import { figuresOf, type CostOf, type SliceFigures } from '../cost/cost.ts';
import { extract } from '../units/extract.ts';
import { MODEL_LIMITS, SLICE_TENSOR_LIMIT } from '../limits.ts';
import type { SliceSizes } from '../cost/sizes.ts';
import { tileableOutput, tileUnit } from './tile.ts';
import type { ProgramNode } from '../../integer/program.ts';
import { ProgramGraph, type Unit } from '../units/units.ts';

/** Even parts along up to two dimensions: channels, and rows (or columns where there is one row only). */
export interface Grid {
  readonly axes: readonly number[];
  readonly parts: readonly number[];
  /** Parts along the first of the dimensions that a tile, which has it whole, writes as tensors of their own. */
  readonly pieces?: number;
}

/** A way to cut one unit into tiles. */
export interface Tiling {
  readonly unit: number;
  readonly grid: Grid;
  /** Of many, some are counted and the others taken to be like them. */
  readonly slices: readonly SliceFigures[];
}

export interface TilingOptions {
  readonly budget: number;
  /** Whether the unit has to be tiled, or may be where that pays: tiles shorten the longest slice. */
  readonly reason: 'needed' | 'free';
  readonly costOf: CostOf;
}

/** Tiles of fewer constraints than this are not worth a proof, where the layer fits without. */
export const LEAST_TILE = 4096;

/** Of so many tiles each is counted. */
const MOST_COUNTED = SLICE_TENSOR_LIMIT - 1;

/** So many grids are tried for a unit that does not fit; the next is tried only while none has fitted. */
const GRIDS_AFTER_FIRST = 4;

/** The ways in which a unit may be tiled within the budget; none where it can't be, or is too small to be so freely. */
export function tilingsOf(sizes: SliceSizes, unit: number, options: TilingOptions): readonly Tiling[] {
  const { graph, units } = sizes.units;
  const { budget } = options;
  const isFree = options.reason === 'free';
  const alone = sizes.exact([unit])?.constraints ?? Infinity;
  const isOutput = sizes.units.writes[unit].some((id) => sizes.units.isWanted(id));
  // A tiled model output is several tensors to whoever asked for one: only where nothing else fits.
  if (isFree && (isOutput || alone < 2 * LEAST_TILE)) return [];
  const output = tileableOutput(graph, units[unit]);
  if (output === undefined) return [];
  const { shape } = graph.program.tensors[output];
  const inner = sizes.inner(unit);
  const lone = loneUnit(graph, units[unit]);
  const room = roomFor(sizes, unit);
  const found: Tiling[] = [];
  const tooCoarse: TooCoarse[] = [];
  let after = 0;
  const factor = factorOf(graph, output);
  const axes = axesOf(shape, factor === 'right');
  // Pieces of two factors meet in each tile of a product: ends that are pieces' ends too save it whole pieces.
  const isOfProduct =
    factor !== undefined || units[unit].nodes.some((at) => graph.program.nodes[at].kind === 'matmul');
  const byNeed = (): readonly Grid[] =>
    gridsOf(shape, axes, room, isOfProduct).concat(factor === 'right' ? boxesOfRows(shape) : []);
  for (const grid of isFree ? rowsOrChannels(shape, axes, room) : byNeed()) {
    const count = grid.parts[0] * grid.parts[1];
    if (inner / count > budget || (isFree && alone / count < LEAST_TILE)) continue;
    if (tooCoarse.some((known) => isTooCoarse(grid, known, budget))) continue;
    if (found.length > 0 && !isFree && ++after > GRIDS_AFTER_FIRST) break;
    const slices = tileSizes(lone, grid, options);
    if (Array.isArray(slices)) found.push({ unit, grid, slices });
    else if (slices !== undefined) tooCoarse.push({ grid, constraints: slices.constraints });
  }
  return found;
}

/** A grid one of whose tiles was counted and does not fit. */
interface TooCoarse {
  readonly grid: Grid;
  readonly constraints: number;
}

/** Tiles that are not quite even may be smaller by this share. */
const UNEVEN = 0.9;

/**
 * Whether a grid is too coarse as a coarser one was: its tiles together do what the other's one did, so that the largest of k has
 * at least its k-th part of constraints.
 */
function isTooCoarse({ parts }: Grid, { grid, constraints }: TooCoarse, budget: number): boolean {
  if (parts.some((count, i) => count < grid.parts[i])) return false;
  const finer = parts.reduce((product, count, i) => product * (count / grid.parts[i]), 1);
  return finer * budget < UNEVEN * constraints;
}

/** How many pieces each reader of a unit can take of it, if it takes as many of everything else that it reads. */
function roomFor({ units }: SliceSizes, unit: number): number {
  const rooms = units.after[unit].map((reader) =>
    Math.floor((SLICE_TENSOR_LIMIT - units.writes[reader].length) / units.reads[reader].length),
  );
  return Math.max(1, Math.min(SLICE_TENSOR_LIMIT - 1, ...rooms));
}

/** The dimension of an image's rows (its columns where it has one row), of a matrix's rows, of a sequence's steps. */
export function rowAxis(shape: readonly number[]): number {
  if (shape.length === 4) return shape[2] > 1 ? 2 : 3;
  return shape.length === 3 ? 1 : 0;
}

/** What makes each value of those in its place: a box of it is made of the same box. */
const BY_VALUE: ReadonlySet<ProgramNode['kind']> = new Set(['add', 'mul', 'rescale', 'scale', 'table']);

/**
 * As what products of matrices read a tensor that nothing else reads. Whoever makes some of a product reads some rows of its left
 * factor, but all rows of the right one and some columns.
 */
export function factorOf(graph: ProgramGraph, id: number): 'left' | 'right' | undefined {
  const { nodes, tensors } = graph.program;
  const factors = graph.readersOf(id).map((position) => {
    const node = nodes[position];
    if (BY_VALUE.has(node.kind)) return factorOf(graph, node.output);
    if (node.kind !== 'matmul') return undefined;
    const [left, right] = node.inputs.map((input) => graph.sourcesOf(input).includes(id));
    if (left) return right ? undefined : 'left';
    return tensors[node.inputs[1]].shape.at(-1) === tensors[id].shape.at(-1) ? 'right' : undefined;
  });
  return factors.every((factor) => factor === factors[0]) ? factors[0] : undefined;
}

/** The dimensions along which a tensor is cut: channels and rows; of what is read by columns whole matrices and columns. */
function axesOf(shape: readonly number[], byColumns: boolean): readonly [number, number] {
  if (byColumns) return [shape.length - 3, shape.length - 1];
  return [shape.length === 3 ? 2 : Math.min(1, shape.length - 1), rowAxis(shape)];
}

function rowsOrChannels(shape: readonly number[], axes: Grid['axes'], most: number): readonly Grid[] {
  const grids: Grid[] = [];
  for (let tiles = 2; tiles <= most; tiles++) {
    if (tiles <= shape[axes[0]]) grids.push({ axes, parts: [tiles, 1] });
    if (tiles <= shape[axes[1]]) grids.push({ axes, parts: [1, tiles] });
  }
  return grids;
}

/** So many parts or some more, of which there are halves and quarters or thirds: fewer, larger parts can end where these do. */
export function divisible(parts: number): number {
  const power = 2 ** Math.ceil(Math.log2(parts));
  return power >= 4 && parts <= (3 * power) / 4 ? (3 * power) / 4 : power;
}

/** Pieces of a tile of rows that is read by columns, and so many parts that columns have where tiles are boxes. */
const COLUMNS = [8, 4, 12, 16] as const;

/** Grids for what is read by columns, but where all rows are too many to be made, or read, at once: few rows' parts first. */
function boxesOfRows(shape: readonly number[]): readonly Grid[] {
  const [columns, rows] = [shape.length - 1, shape.length - 2];
  const axes = [columns, rows];
  const counts = COLUMNS.filter((count) => count <= shape[columns]);
  return evenCounts(shape[rows])
    .filter((parts) => parts > 1)
    .flatMap((parts): readonly Grid[] => [
      ...counts.slice(0, 1).map((pieces) => ({ axes, parts: [1, parts], pieces })),
      ...counts.map((count) => ({ axes, parts: [count, parts] })),
    ])
    .filter(({ parts: [count, parts] }) => count * parts <= MODEL_LIMITS.slices);
}

/** Numbers of parts of one size, or one smaller. */
function evenCounts(size = 1): readonly number[] {
  return [...new Set(Array.from({ length: size }, (_, i) => Math.ceil(size / Math.ceil(size / (i + 1)))))];
}

/** Rows that a reader's tile takes of a layer: its own and its neighbours'. */
const NEIGHBOURS = 3;

/**
 * All grids that are worth a try, few tiles first: parts of one size, or one smaller. Grids that readers have
 * room for come before others: few tiles, or few channels' parts, of which a reader's tile takes some rows.
 */
function gridsOf(
  shape: readonly number[],
  axes: Grid['axes'],
  room: number,
  divisibleFirst: boolean,
): readonly Grid[] {
  const isWelcome = ([channels, rows]: readonly number[]): boolean =>
    channels * rows <= room || channels * NEIGHBOURS <= Math.max(room, NEIGHBOURS);
  const isDivisible = ({ parts }: Grid): boolean =>
    parts.every((count, i) => count === divisible(count) || shape[axes[i]] % count === 0);
  return evenCounts(shape[axes[0]])
    .flatMap((channels) => evenCounts(shape[axes[1]]).map((rows) => ({ axes, parts: [channels, rows] })))
    .filter(({ parts: [channels, rows] }) => channels * rows > 1 && channels * rows <= MODEL_LIMITS.slices)
    .toSorted(
      (a, b) =>
        (divisibleFirst ? Number(isDivisible(b)) - Number(isDivisible(a)) : 0) ||
        Number(isWelcome(b.parts)) - Number(isWelcome(a.parts)) ||
        a.parts[0] * a.parts[1] - b.parts[0] * b.parts[1] ||
        b.parts[1] - a.parts[1],
    );
}

/** By tile the boxes that it writes. */
export function gridTiles(shape: readonly number[], grid: Grid): readonly (readonly Box[])[] {
  const [axis] = grid.axes;
  const columns = evenParts(shape[axis] ?? 1, grid.pieces ?? 1);
  return gridBoxes(shape, grid).map((box) =>
    grid.pieces === undefined ? [box] : columns.map(([first, end]) => along(box, axis, first, end)),
  );
}

/** The boxes of a grid over a tensor, in row-major order. */
export function gridBoxes(shape: readonly number[], { axes, parts }: Grid): readonly Box[] {
  const cuts = shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    return evenParts(size, at < 0 ? 1 : parts[at]);
  });
  const boxes = cuts.reduce<readonly (readonly (readonly [number, number])[])[]>(
    (known, ranges) => known.flatMap((box) => ranges.map((range) => [...box, range])),
    [[]],
  );
  return boxes.map((ranges) => ({
    start: ranges.map(([first]) => first),
    end: ranges.map(([, end]) => end),
  }));
}

/**
 * Figures of a grid's tiles: those at its corners and in its middle are counted, and each of the others is
 * taken to be like the largest of them. The middle comes first, as it is mostly the largest: most grids are too
 * coarse, and then one count says so.
 * @returns the first tile that has too many constraints; undefined where one has too many tensors, or can't be made
 */
function tileSizes(
  alone: Lone,
  grid: Grid,
  { budget, costOf }: TilingOptions,
): SliceFigures[] | SliceFigures | undefined {
  const tiles = gridTiles(alone.graph.program.tensors[alone.output].shape, grid);
  const [channels, rows] = grid.parts;
  const sampled = new Set([Math.floor(channels / 2) * rows + Math.floor(rows / 2), 0, tiles.length - 1]);
  if (tiles.length <= MOST_COUNTED) tiles.forEach((_, i) => sampled.add(i));
  const counted = new Map<number, SliceFigures>();
  for (const i of sampled) {
    const size = tileSize(alone, tiles[i], costOf);
    if (!size) return undefined;
    if (size.constraints > budget) return size;
    counted.set(i, size);
  }
  const largest = [...counted.values()].reduce((most, size) =>
    size.constraints > most.constraints ? size : most,
  );
  return tiles.map((_, i) => counted.get(i) ?? largest);
}

/** A unit as a program of its own. */
interface Lone {
  readonly graph: ProgramGraph;
  readonly unit: Unit;
  readonly output: number;
}

function loneUnit(graph: ProgramGraph, { nodes }: Unit): Lone {
  const { program } = extract(graph, nodes);
  const alone = new ProgramGraph(program);
  return { graph: alone, unit: { nodes: ownNodes(alone) }, output: program.outputs[0] };
}

/** Figures of one tile; undefined where it has too many tensors, or can't be made. */
function tileSize(
  { graph, unit, output }: Lone,
  boxes: readonly Box[],
  costOf: CostOf,
): SliceFigures | undefined {
  const tiled = tileUnit(graph, unit, output, [boxes]);
  if (!tiled) return undefined;
  const tile = new ProgramGraph(composeViews(tiled.program));
  const { program, inputs } = extract(tile, ownNodes(tile));
  const tensors = inputs.length + boxes.length;
  return tensors > SLICE_TENSOR_LIMIT ? undefined : figuresOf(costOf(program), boxes.length);
}

/** All nodes but views. */
function ownNodes(graph: ProgramGraph): readonly number[] {
  return [...graph.program.nodes.keys()].filter((position) => !graph.isView(position));
}
