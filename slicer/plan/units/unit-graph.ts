import { rangeOf } from '../../integer/evaluate.ts';
import { sizeOf, type IntegerRange } from '../../integer/program.ts';
import { rangeRows } from '../../circuit/gadgets/bits.ts';
import { commitmentRows } from '../../circuit/gadgets/commit.ts';
import { tileableOutput } from '../tilings/tile.ts';
import { unitsOf, type ProgramGraph, type Unit } from './units.ts';

/** Rows that a tensor takes at the edge of a slice. */
export interface BoundaryRows {
  readonly input: number;
  readonly output: number;
}

/** The units of a program and the ranged tensors between them, worked out once. */
export class UnitGraph {
  readonly graph: ProgramGraph;
  readonly units: readonly Unit[];
  /** By unit: the ranged tensors that it reads from elsewhere, each once. */
  readonly reads: readonly (readonly number[])[];
  /** By unit: the ranged tensors that others read from it, or that are outputs of the program. */
  readonly writes: readonly (readonly number[])[];
  /** By tensor: the units that read it, without its writer. */
  readonly readers: ReadonlyMap<number, readonly number[]>;
  /** By tensor: the unit that writes it; none for the program's inputs. */
  readonly writer: ReadonlyMap<number, number>;
  /** By unit: the units that it reads from, and those that read from it. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly #wanted: ReadonlySet<number>;
  readonly #rows = new Map<number, BoundaryRows>();
  readonly #unpacking: (range: IntegerRange) => number;

  /** @param unpacking rows that a value of a range takes to be unpacked; default those of the mode bits */
  constructor(graph: ProgramGraph, unpacking = ({ bits }: IntegerRange): number => rangeRows(bits)) {
    const { nodes } = graph.program;
    this.graph = graph;
    this.#unpacking = unpacking;
    this.units = unitsOf(graph);
    const writer = new Map<number, number>();
    this.units.forEach((unit, index) => {
      for (const position of unit.nodes) writer.set(nodes[position].output, index);
    });
    const readers = new Map<number, number[]>();
    this.reads = this.units.map((unit, index) => {
      const read = new Set(unit.nodes.flatMap((position) => graph.sources(nodes[position])));
      const outside = [...read].filter((id) => writer.get(id) !== index);
      for (const id of outside) {
        const known = readers.get(id);
        if (known) known.push(index);
        else readers.set(id, [index]);
      }
      return outside;
    });
    this.writer = writer;
    this.readers = readers;
    this.#wanted = graph.wanted;
    this.writes = this.units.map((unit) =>
      unit.nodes
        .map((position) => nodes[position].output)
        .filter((id) => readers.has(id) || this.#wanted.has(id)),
    );
    this.before = this.reads.map((ids) => [...new Set(ids.flatMap((id) => this.writer.get(id) ?? []))]);
    this.after = this.writes.map((ids) => [...new Set(ids.flatMap((id) => readers.get(id) ?? []))]);
  }

  /** Whether the unit that writes a tensor can be cut into tiles by it, as far as its nodes' wiring goes. */
  isTileable(tensor: number): boolean {
    const unit = this.writer.get(tensor);
    return unit !== undefined && tileableOutput(this.graph, this.units[unit]) === tensor;
  }

  isWanted(tensor: number): boolean {
    return this.#wanted.has(tensor);
  }

  /** What a tensor costs at an edge. */
  rowsOf(tensor: number): BoundaryRows {
    const known = this.#rows.get(tensor);
    if (known) return known;
    const whole = this.graph.program.tensors[tensor];
    const spec = { count: sizeOf(whole.shape), ...rangeOf(whole) };
    const output = commitmentRows(spec);
    const rows = { input: Math.round(spec.count * this.#unpacking(spec)) + output, output };
    this.#rows.set(tensor, rows);
    return rows;
  }
}

/** The tensors at the edge of a growing set of units. */
export class Boundary {
  readonly #units: UnitGraph;
  readonly #inside = new Set<number>();
  readonly #inputs = new Set<number>();
  /** Tensors written inside, with the readers that are still outside; −1 for an output of the program. */
  readonly #open = new Map<number, number>();
  #rows = 0;

  constructor(units: UnitGraph) {
    this.#units = units;
  }

  /** Rows of all inputs and outputs. */
  get rows(): number {
    return this.#rows;
  }

  /** How many tensors go in, and how many come out. */
  get inputs(): number {
    return this.#inputs.size;
  }

  get outputs(): number {
    return this.#open.size;
  }

  /** Takes in a unit; in any order, but a writer before its readers costs nothing to undo. */
  add(unit: number): void {
    const graph = this.#units;
    this.#inside.add(unit);
    for (const id of graph.reads[unit]) {
      const writer = graph.writer.get(id);
      if (writer === undefined || !this.#inside.has(writer)) {
        if (!this.#inputs.has(id)) {
          this.#inputs.add(id);
          this.#rows += graph.rowsOf(id).input;
        }
      } else this.#read(id);
    }
    for (const id of graph.writes[unit]) {
      if (this.#inputs.delete(id)) this.#rows -= graph.rowsOf(id).input;
      const outside = (graph.readers.get(id) ?? []).filter((reader) => !this.#inside.has(reader)).length;
      if (outside === 0 && !graph.isWanted(id)) continue;
      this.#open.set(id, outside);
      this.#rows += graph.rowsOf(id).output;
    }
  }

  #read(id: number): void {
    const outside = (this.#open.get(id) ?? 1) - 1;
    if (outside > 0 || this.#units.isWanted(id)) {
      this.#open.set(id, outside);
      return;
    }
    this.#open.delete(id);
    this.#rows -= this.#units.rowsOf(id).output;
  }
}
