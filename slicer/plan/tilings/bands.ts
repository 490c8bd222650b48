import type { IntegerProgram } from '../../integer/program.ts';
import type { CountCache } from '../cost/sizes.ts';
import { ProgramGraph, unitsOf, type Unit } from '../units/units.ts';
import { ROWS, along, evenParts, wholeBox, type Box } from './box.ts';
import { composeViews } from './compose-views.ts';
import { readsOf, rowNeedsOf, type RowNeeds } from './row-needs.ts';
import { splitInput, tileableOutput, type Pieces, type Tiled } from './tile.ts';
import { withTiles, type UnitTiles } from './with-tilings.ts';

/** Up to which row a tensor is there once the tiles of a wave are made. */
interface Cut {
  readonly row: number;
  readonly wave: number;
}

/** A unit that writes an image. */
interface Layer {
  readonly output: number;
  /** As a slice of its own. */
  readonly constraints: number;
}

/** A tile may be larger by this share than was asked for: half a tile more or less is no reason for another one. */
const SLACK = 1.2;

/** An input that takes more than this share of the budget to unpack is given in pieces, too. */
const LARGE_INPUT = 1 / 16;

/** A tile's rows are at most so many tensors. */
const MOST_PIECES = 3;

/**
 * Layers of images in bands of rows, each band where the one before it ends: a band of a layer has the rows that can be made of the
 * bands of what it reads that are there by then, and nothing of the next ones. So bands of several layers, one behind
 * the other, can be one slice, which commits to nothing between them but the few rows that the next band's windows reach back to:
 * those are pieces of their own.
 */
export class Bands {
  readonly #program: IntegerProgram;
  readonly #graph: ProgramGraph;
  readonly #units: readonly Unit[];
  readonly #cache: CountCache;
  readonly #layers: ReadonlyMap<Unit, Layer>;
  readonly #needs = new Map<Unit, RowNeeds | undefined>();

  constructor(program: IntegerProgram, cache: CountCache) {
    this.#program = program;
    this.#graph = new ProgramGraph(program);
    this.#units = unitsOf(this.#graph);
    this.#cache = cache;
    this.#layers = new Map(
      this.#units.flatMap((unit) => {
        const output = tileableOutput(this.#graph, unit);
        const shape = output === undefined ? [] : this.#shape(output);
        if (output === undefined || shape.length !== 4 || shape[ROWS] < 2) return [];
        const { constraints } = cache.count(this.#graph, unit.nodes).figures;
        return [[unit, { output, constraints }]];
      }),
    );
  }

  /** Whether some layer does not fit a slice. */
  isNeeded(budget: number): boolean {
    return [...this.#layers.values()].some(({ constraints }) => constraints > budget);
  }

  /**
   * The program in bands of about so many constraints.
   * @param budget of a slice: inputs are in pieces where they take a good share of it
   * @returns undefined where no layer is as large as two bands
   */
  of(constraints: number, budget: number): Tiled | undefined {
    const cuts = new Map<number, readonly Cut[]>();
    const bands = new Map<Unit, readonly Cut[]>();
    for (const unit of this.#units) {
      const layer = this.#layers.get(unit);
      const needs = layer && this.#needsOf(unit, layer);
      const made = needs && bandsOf(needs, cuts, constraints / this.#perRow(layer, needs));
      if (layer && made) {
        cuts.set(layer.output, made);
        bands.set(unit, made);
      } else this.#addWhole(unit, cuts);
    }
    if (bands.size === 0) return undefined;
    const starts = this.#boundaries(bands);
    const tiles = [...bands].map(([unit, made]): UnitTiles => {
      const { output } = this.#layers.get(unit) as Layer;
      return {
        nodes: unit.nodes,
        output,
        tiles: this.#tilesOf(output, made, starts.get(output) ?? new Set()),
      };
    });
    return this.#withInputsSplit(withTiles(this.#graph, tiles), starts, budget);
  }

  #needsOf(unit: Unit, { output }: Layer): RowNeeds | undefined {
    if (!this.#needs.has(unit)) this.#needs.set(unit, rowNeedsOf(this.#graph, unit, output));
    return this.#needs.get(unit);
  }

  /** Constraints that a row of a layer takes without what unpacking its inputs does. */
  #perRow({ output, constraints }: Layer, needs: RowNeeds): number {
    const read = [...needs.keys()].reduce(
      (sum, id) => sum + this.#cache.reading(this.#program.tensors[id]),
      0,
    );
    return Math.max(1, constraints - read) / this.#shape(output)[ROWS];
  }

  #shape(tensor: number): readonly number[] {
    return this.#program.tensors[tensor].shape;
  }

  /** What a unit without bands writes is there when all is that it reads. */
  #addWhole({ nodes }: Unit, cuts: Map<number, readonly Cut[]>): void {
    const all = nodes.map((position) => this.#program.nodes[position]);
    const waves = all
      .flatMap((node) => this.#graph.sources(node))
      .map((id) => cuts.get(id)?.at(-1)?.wave ?? 0);
    const wave = waves.reduce((last, other) => Math.max(last, other), 0);
    for (const { output } of all) cuts.set(output, [{ row: this.#shape(output)[ROWS] ?? 1, wave }]);
  }

  /** By tensor: the rows at which some band begins or ends to read it. */
  #boundaries(bands: ReadonlyMap<Unit, readonly Cut[]>): ReadonlyMap<number, Set<number>> {
    const found = new Map<number, Set<number>>();
    for (const [unit, made] of bands) {
      const { output } = this.#layers.get(unit) as Layer;
      const whole = wholeBox(this.#shape(output));
      made.forEach(({ row }, i) => {
        const reads = readsOf(this.#graph, unit, output, along(whole, ROWS, made[i - 1]?.row ?? 0, row));
        for (const [id, { start, end }] of reads ?? []) {
          if (start.length !== whole.start.length) continue;
          const known = found.get(id) ?? new Set<number>();
          found.set(id, known.add(start[ROWS]).add(end[ROWS]));
        }
      });
    }
    return found;
  }

  #tilesOf(tensor: number, made: readonly Cut[], starts: ReadonlySet<number>): readonly (readonly Box[])[] {
    const whole = wholeBox(this.#shape(tensor));
    return made.map(({ row }, i) => {
      const first = made[i - 1]?.row ?? 0;
      const inside = [...starts].filter((at) => at > first && at < row).toSorted((a, b) => a - b);
      // The last ones are what the next band reaches back to.
      const rows = [first, ...inside.slice(1 - MOST_PIECES), row];
      return rows.slice(1).map((end, piece) => along(whole, ROWS, rows[piece], end));
    });
  }

  #withInputsSplit(tiled: Tiled, starts: ReadonlyMap<number, ReadonlySet<number>>, budget: number): Tiled {
    let { program } = tiled;
    const pieces: Pieces[] = [];
    for (const input of this.#program.inputs) {
      const { shape } = this.#program.tensors[input];
      const large = this.#cache.reading(this.#program.tensors[input]) > LARGE_INPUT * budget;
      const rows = [...new Set([0, ...(starts.get(input) ?? []), shape[ROWS] ?? 0])].toSorted(
        (a, b) => a - b,
      );
      if (!large || shape.length !== 4 || rows.length < 3) continue;
      const whole = wholeBox(shape);
      const next = splitInput(
        program,
        input,
        rows.slice(1).map((end, piece) => along(whole, ROWS, rows[piece], end)),
      );
      program = next.program;
      pieces.push(next.pieces);
    }
    return {
      program: pieces.length === 0 ? program : composeViews(program),
      pieces: [...tiled.pieces, ...pieces],
    };
  }
}

/**
 * Where the bands of a layer end: after the rows that can be made by a wave, of about so many rows each.
 * @returns undefined where it is made in one
 */
function bandsOf(
  needs: RowNeeds,
  cuts: ReadonlyMap<number, readonly Cut[]>,
  rows: number,
): readonly Cut[] | undefined {
  const height = Math.max(0, ...[...needs.values()].map(({ length }) => length - 1));
  if (height <= SLACK * rows) return undefined;
  const most = Math.max(1, Math.floor(SLACK * rows));
  const possible = possibleCuts(needs, height, cuts);
  const made: Cut[] = [];
  let last = 0;
  possible.forEach(({ row, wave }, i) => {
    const next = possible[i + 1]?.row ?? Infinity;
    if (next - last <= most) return;
    // What could be made at once is made one after the other, so that its readers needn't wait for all.
    const parts = Math.min(row - last, Math.round((row - last) / rows) || 1);
    evenParts(row - last, parts).forEach(([, end], part) =>
      made.push({ row: last + end, wave: wave + part / parts }),
    );
    last = row;
  });
  return made.length > 1 ? made : undefined;
}

/** How many rows there can be after each wave. */
function possibleCuts(
  needs: RowNeeds,
  height: number,
  cuts: ReadonlyMap<number, readonly Cut[]>,
): readonly Cut[] {
  const read = [...needs].map(([id, rows]) => ({ rows, cuts: cuts.get(id) ?? [] }));
  const waves = [...new Set([0, ...read.flatMap((source) => source.cuts.map(({ wave }) => wave))])];
  const possible: Cut[] = [];
  for (const wave of waves.toSorted((a, b) => a - b)) {
    let row = possible.at(-1)?.row ?? 0;
    const isThere = (count: number): boolean =>
      read.every((source) => {
        if (source.cuts.length === 0 || (source.cuts.at(-1) as Cut).wave <= wave) return true;
        const there = source.cuts.filter((cut) => cut.wave <= wave).at(-1)?.row ?? 0;
        return source.rows[count] <= there;
      });
    while (row < height && isThere(row + 1)) row++;
    if (row > (possible.at(-1)?.row ?? 0)) possible.push({ row, wave });
  }
  return possible;
}
