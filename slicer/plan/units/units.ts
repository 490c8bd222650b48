import { groupBy } from '../../../protocol/group-by.ts';
import { nodeInputs, type IntegerProgram, type ProgramNode } from '../../integer/program.ts';
import { planKind } from './kinds.ts';

/**
 * The least part of a program that can be a slice: nodes tied together by accumulators, which can't be
 * committed. Between units lie only ranged tensors: model inputs and results of rescales.
 */
export interface Unit {
  /** Positions in the program's nodes, ascending; views are not among them. */
  readonly nodes: readonly number[];
}

/** How a program's tensors hang together, worked out once. */
export class ProgramGraph {
  readonly program: IntegerProgram;
  /** By tensor: the position of the node that writes it. */
  readonly writer: ReadonlyMap<number, number>;
  /** The program's outputs, once views are looked through. */
  readonly wanted: ReadonlySet<number>;
  readonly #views: ReadonlySet<number>;
  readonly #readers = new Map<number, number[]>();
  readonly #sources = new Map<number, readonly number[]>();

  constructor(program: IntegerProgram) {
    this.program = program;
    this.writer = new Map(program.nodes.map(({ output }, position) => [output, position]));
    const views = new Set<number>();
    program.nodes.forEach((node, position) => {
      const reads = nodeInputs(node).map((id) => this.writer.get(id));
      const ranged = nodeInputs(node).every(
        (id, i) => program.tensors[id].range !== undefined || views.has(reads[i] ?? -1),
      );
      if (planKind(node).moves && ranged) views.add(position);
    });
    this.#views = views;
    this.wanted = new Set(program.outputs.flatMap((id) => this.sourcesOf(id)));
    program.nodes.forEach((node, position) => {
      if (views.has(position)) return;
      for (const id of this.sources(node)) {
        const known = this.#readers.get(id);
        if (known) known.push(position);
        else this.#readers.set(id, [position]);
      }
    });
  }

  /** The nodes that read a tensor, directly or through views. */
  readersOf(id: number): readonly number[] {
    return this.#readers.get(id) ?? [];
  }

  /**
   * Whether a node only gives ranged values another shape or joins them. Views belong to no unit: each slice
   * that reads one makes it again, for nothing.
   */
  isView(position: number): boolean {
    return this.#views.has(position);
  }

  /** The tensors that a node reads once views are looked through: ranged ones and accumulators. */
  sources(node: ProgramNode): readonly number[] {
    return nodeInputs(node).flatMap((id) => this.sourcesOf(id));
  }

  /** What a tensor is made of once views are looked through: itself where no view wrote it. */
  sourcesOf(id: number): readonly number[] {
    const known = this.#sources.get(id);
    if (known) return known;
    const position = this.writer.get(id);
    const found =
      position !== undefined && this.isView(position) ? this.sources(this.program.nodes[position]) : [id];
    this.#sources.set(id, found);
    return found;
  }

  /** The views through which tensors are read, in the program's order. */
  viewsOf(ids: readonly number[]): readonly number[] {
    const needed = new Set<number>();
    const visit = (id: number): void => {
      const position = this.writer.get(id);
      if (position === undefined || !this.isView(position)) return;
      needed.add(position);
      nodeInputs(this.program.nodes[position]).forEach(visit);
    };
    ids.forEach(visit);
    return [...needed].toSorted((a, b) => a - b);
  }
}

/** The units that the outputs depend on, each after those it reads from. */
export function unitsOf(graph: ProgramGraph): readonly Unit[] {
  const { nodes, outputs } = graph.program;
  const groupOf = joinedByAccumulators(graph);
  const groups = groupBy(
    [...nodes.keys()].filter((position) => !graph.isView(position)),
    (position) => groupOf[position],
  );
  const groupsBehind = (ids: readonly number[]): number[] =>
    ids.flatMap((id) => {
      const position = graph.writer.get(id);
      return position === undefined ? [] : [groupOf[position]];
    });
  const reads = new Map(
    [...groups].map(([group, positions]) => [
      group,
      groupsBehind(positions.flatMap((position) => graph.sources(nodes[position]))).filter(
        (other) => other !== group,
      ),
    ]),
  );
  const components = stronglyConnected(reads, groupsBehind(outputs.flatMap((id) => graph.sourcesOf(id))));
  return components.map((component) => ({
    nodes: component.flatMap((group) => groups.get(group) ?? []).toSorted((a, b) => a - b),
  }));
}

/** By node: a number that nodes share when an accumulator passes between them. */
function joinedByAccumulators(graph: ProgramGraph): Int32Array {
  const { nodes, tensors } = graph.program;
  const parent = Int32Array.from(nodes.keys());
  const find = (position: number): number => {
    let root = position;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]];
    return root;
  };
  nodes.forEach((node, position) => {
    if (graph.isView(position)) return;
    for (const id of graph.sources(node)) {
      const from = graph.writer.get(id);
      if (from !== undefined && tensors[id].range === undefined) parent[find(position)] = find(from);
    }
  });
  return parent.map((_, position) => find(position));
}

/**
 * The strongly connected components that can be reached from `roots`, each after those it has edges to
 * (Tarjan's algorithm): units that need each other, as when one adds what another made of its result, are one.
 */
function stronglyConnected(
  edges: ReadonlyMap<number, readonly number[]>,
  roots: readonly number[],
): readonly (readonly number[])[] {
  const index = new Map<number, number>();
  const lowest = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const components: number[][] = [];
  const visit = (vertex: number): number => {
    const own = index.size;
    index.set(vertex, own);
    lowest.set(vertex, own);
    stack.push(vertex);
    onStack.add(vertex);
    for (const next of edges.get(vertex) ?? []) {
      const reached = index.has(next) ? (onStack.has(next) ? (index.get(next) ?? own) : own) : visit(next);
      lowest.set(vertex, Math.min(lowest.get(vertex) ?? own, reached));
    }
    const low = lowest.get(vertex) ?? own;
    if (low === own) {
      const component = stack.splice(stack.lastIndexOf(vertex));
      component.forEach((member) => onStack.delete(member));
      components.push(component);
    }
    return low;
  };
  for (const root of roots) if (!index.has(root)) visit(root);
  return components;
}
