import { rangeOf } from '../../integer/evaluate.ts';
import { nodeInputs, sizeOf } from '../../integer/program.ts';
import type { IntegerProgram, IntegerRange, ProgramNode, ProgramTensor } from '../../integer/program.ts';
import { commitmentRows } from '../../circuit/gadgets/commit.ts';
import { figuresOf, type CostOf, type SliceFigures } from './cost.ts';
import { extract } from '../units/extract.ts';
import { SLICE_TENSOR_LIMIT } from '../limits.ts';
import { KnownIntervals } from './known-intervals.ts';
import { Boundary, type UnitGraph } from '../units/unit-graph.ts';
import type { ProgramGraph } from '../units/units.ts';

/**
 * Counts that were made already, also of earlier states of a program: tiling one layer leaves the others as they
 * were. Nodes are known by identity, tensors by number; both stay when a program is rewritten around them.
 */
export class CountCache {
  readonly costOf: CostOf;
  readonly intervals = new KnownIntervals();
  readonly #numbers = new WeakMap<ProgramNode, number>();
  readonly #known = new Map<string, Counted>();
  readonly #readings = new Map<string, number>();
  #next = 0;

  constructor(costOf: CostOf) {
    this.costOf = costOf;
  }

  count(graph: ProgramGraph, positions: readonly number[]): Counted {
    const { nodes } = graph.program;
    const views = graph.viewsOf(positions.flatMap((position) => nodeInputs(nodes[position])));
    const inside = new Set(positions);
    const wanted = positions.map((position) => {
      const { output } = nodes[position];
      const isRead = graph.readersOf(output).some((reader) => !inside.has(reader));
      return isRead || graph.wanted.has(output) ? 1 : 0;
    });
    const number = (position: number): number => this.#numberOf(nodes[position]);
    const key = `${positions.map(number).join(' ')}|${views.map(number).join(' ')}|${wanted.join('')}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { program, inputs, outputs } = extract(graph, positions);
    const counted = {
      figures: figuresOf(this.costOf(program), outputs.length),
      tensors: inputs.length + outputs.length,
    };
    this.#known.set(key, counted);
    return counted;
  }

  /** Constraints of the least slice that reads a tensor: it has to unpack all of it. */
  reading(tensor: ProgramTensor): number {
    const { bits, signed } = rangeOf(tensor);
    const key = `${sizeOf(tensor.shape)} ${bits} ${signed}`;
    const known = this.#readings.get(key) ?? this.costOf(readerOf(tensor)).constraints;
    this.#readings.set(key, known);
    return known;
  }

  /** Rows that a value of a range takes to be unpacked where there are many: fewer in a circuit of lookups than in bits. */
  unpacking({ signed, bits }: IntegerRange): number {
    const range = { signed, bits };
    const rows = this.reading({ name: 'many', shape: [1, MANY], scale: 0, range });
    return (
      Math.max(0, rows - commitmentRows({ count: MANY, ...range }) - commitmentRows({ count: 1, ...range })) /
      MANY
    );
  }

  #numberOf(node: ProgramNode): number {
    const known = this.#numbers.get(node) ?? this.#next++;
    this.#numbers.set(node, known);
    return known;
  }
}

/** So many values that a table is little beside them. */
const MANY = 4096;

/** A program that gives one value of a tensor. */
function readerOf(tensor: ProgramTensor): IntegerProgram {
  const one = { ...tensor, name: 'one', shape: [1, 1] };
  return {
    tensors: [tensor, one, { ...one, name: 'read' }],
    inputs: [0],
    outputs: [2],
    nodes: [
      { kind: 'gather', name: 'one', input: 0, output: 1, indices: Int32Array.of(0), fill: 0 },
      { kind: 'rescale', name: 'read', input: 1, output: 2, shift: 0, relu: false },
    ],
  };
}

interface Counted {
  readonly figures: SliceFigures;
  readonly tensors: number;
}

/**
 * What units cost as one slice. Counting a slice takes time that grows with its weights and activations, and a
 * search looks at far more slices than it takes; so most are estimated as the sum of their units, each counted
 * alone, with the tensors at their edges put right. The estimate is off where an interval is narrower than the
 * range that a slice's edge would give it.
 */
export class SliceSizes {
  readonly units: UnitGraph;
  readonly #cache: CountCache;
  readonly #counted = new Map<string, SliceFigures | undefined>();
  readonly #foreign: ReadonlySet<number>;
  /** By unit: its constraints alone, without its edge. */
  readonly #inner: readonly number[];

  constructor(units: UnitGraph, cache: CountCache) {
    this.units = units;
    this.#cache = cache;
    const { nodes } = units.graph.program;
    this.#foreign = new Set(
      [...units.units.keys()].filter((unit) =>
        units.units[unit].nodes.some((position) => nodes[position].kind === 'foreign'),
      ),
    );
    this.#inner = units.units.map((_, unit) => {
      const edge = new Boundary(units);
      edge.add(unit);
      return Math.max(0, this.#count([unit]).figures.constraints - edge.rows);
    });
  }

  /** Constraints of a unit without its edge. */
  inner(unit: number): number {
    return this.#inner[unit];
  }

  /** Exact figures of a slice, or undefined where it has too many tensors. */
  exact(units: readonly number[]): SliceFigures | undefined {
    if (this.#mixes(units)) return undefined;
    const key = keyOf(units);
    if (!this.#counted.has(key)) {
      const counted = this.#count(units);
      this.#counted.set(key, counted.tensors > SLICE_TENSOR_LIMIT ? undefined : counted.figures);
    }
    return this.#counted.get(key);
  }

  /** Exact figures where they are known already, else the estimate; undefined as in {@link exact}. */
  likely(units: readonly number[]): SliceFigures | undefined {
    if (this.#mixes(units)) return undefined;
    const key = keyOf(units);
    if (this.#counted.has(key)) return this.#counted.get(key);
    const edge = new Boundary(this.units);
    units.forEach((unit) => edge.add(unit));
    return this.estimate(
      units.reduce((sum, unit) => sum + this.#inner[unit], 0),
      edge,
    );
  }

  /** The estimate for so many constraints inside an edge; undefined as in {@link exact}. */
  estimate(inner: number, edge: Boundary): SliceFigures | undefined {
    if (edge.inputs + edge.outputs > SLICE_TENSOR_LIMIT) return undefined;
    return figuresOf({ mode: 'bits', constraints: inner + edge.rows }, edge.outputs);
  }

  /** Constraints that reading a tensor takes at least. */
  reading(id: number): number {
    return this.#cache.reading(this.units.graph.program.tensors[id]);
  }

  /** Whether an operator that can't be proved would share a slice. */
  #mixes(units: readonly number[]): boolean {
    return units.length > 1 && units.some((unit) => this.isForeign(unit));
  }

  /** Whether a unit can't be proved: it gets a slice of its own. */
  isForeign(unit: number): boolean {
    return this.#foreign.has(unit);
  }

  isCounted(units: readonly number[]): boolean {
    return this.#counted.has(keyOf(units));
  }

  #count(units: readonly number[]): Counted {
    const { graph, units: all } = this.units;
    return this.#cache.count(
      graph,
      units.flatMap((unit) => all[unit].nodes).toSorted((a, b) => a - b),
    );
  }
}

function keyOf(units: readonly number[]): string {
  return units.toSorted((a, b) => a - b).join(' ');
}
