import { nodeInputs, sizeOf, withTensors } from '../../integer/program.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import type { ConcatNode, IntegerProgram, ProgramNode } from '../../integer/program.ts';
import { SLICE_TENSOR_LIMIT } from '../limits.ts';
import { ProgramGraph, type Unit } from '../units/units.ts';

/** Pieces that one join takes: with what it writes they fit a slice. */
const MOST_JOINED = SLICE_TENSOR_LIMIT - 1;

/** Rows that joining takes of the budget at most, at some 2 · bits + 2 a value. */
const SHARE = 1 / 2;

/**
 * The program with fewer, larger pieces before a unit that reads more of them than a slice may have tensors.
 * Several pieces become one by a rescale that changes nothing: a slice of its own, so that they are joined in a
 * proof as everything is. Costs its values' unpacking and packing, and is done only where nothing else helps.
 * @returns undefined where the unit reads no pieces that could be joined
 */
export function withJoins(graph: ProgramGraph, unit: Unit, budget: number): IntegerProgram | undefined {
  const { program } = graph;
  const writer = new JoinWriter(program, budget);
  const views = graph.viewsOf(unit.nodes.flatMap((position) => nodeInputs(program.nodes[position])));
  // The unit gets views of its own, each where the view stands that it is of: all that it reads is written there.
  const renamed = new Map<number, number>();
  const at = (id: number): number => renamed.get(id) ?? id;
  const copies = new Map(
    views.map((position) => {
      const node = program.nodes[position];
      const own = withTensors(node, at);
      renamed.set(node.output, writer.copyOf(node.output));
      return [position, writer.view({ ...own, output: at(node.output) }, graph)];
    }),
  );
  if (writer.joins === 0) return undefined;
  const inside = new Set(unit.nodes);
  return {
    ...program,
    tensors: writer.tensors,
    nodes: program.nodes.flatMap((node, position) => [
      inside.has(position) ? readingFrom(node, at) : node,
      ...(copies.get(position) ?? []),
    ]),
  };
}

/** Only what is read changes: what a node of the unit writes stays what it is. */
function readingFrom(node: ProgramNode, at: (id: number) => number): ProgramNode {
  return { ...withTensors(node, at), output: node.output };
}

class JoinWriter {
  readonly tensors: IntegerProgram['tensors'][number][];
  joins = 0;
  readonly #budget: number;

  constructor(program: IntegerProgram, budget: number) {
    this.tensors = [...program.tensors];
    this.#budget = budget;
  }

  copyOf(id: number): number {
    return this.tensors.push(this.tensors[id]) - 1;
  }

  /** A view; a concat of many pieces with the joins before it, each of several neighbours. */
  view(node: ProgramNode, graph: ProgramGraph): readonly ProgramNode[] {
    if (node.kind !== 'concat') return [node];
    const joins: ProgramNode[] = [];
    const inputs = this.#runs(node, graph).map((run) =>
      new Set(run).size > 1 ? this.#join(node, run, joins) : run,
    );
    return [...joins, { ...node, inputs: inputs.flat() }];
  }

  /** Neighbours that can become one: pieces of one range, as many as fit a slice that joins them. */
  #runs(node: ConcatNode, graph: ProgramGraph): readonly (readonly number[])[] {
    const runs: number[][] = [];
    let rows = 0;
    let last: number | undefined;
    for (const id of node.inputs) {
      const isPiece = this.#isPiece(id, graph);
      const own = isPiece ? this.#rowsOf(id) : 0;
      const run = runs.at(-1);
      const fits =
        run !== undefined &&
        last !== undefined &&
        isPiece &&
        run.length < MOST_JOINED &&
        rows + own <= SHARE * this.#budget &&
        this.#haveOneRange(last, id);
      if (fits) run.push(id);
      else runs.push([id]);
      rows = fits ? rows + own : own;
      last = isPiece ? id : undefined;
    }
    return runs;
  }

  /** Whether it is a committed tensor, of the program as it was. */
  #isPiece(id: number, graph: ProgramGraph): boolean {
    const position = graph.writer.get(id);
    const isOld = id < graph.program.tensors.length;
    return (
      isOld && this.tensors[id].range !== undefined && (position === undefined || !graph.isView(position))
    );
  }

  #haveOneRange(left: number, right: number): boolean {
    const [a, b] = [rangeOf(this.tensors[left]), rangeOf(this.tensors[right])];
    return a.bits === b.bits && a.signed === b.signed;
  }

  #join(node: ConcatNode, run: readonly number[], joins: ProgramNode[]): number {
    const [one] = run.map((id) => this.tensors[id]);
    const side = run.reduce((sum, id) => sum + this.tensors[id].shape[node.axis], 0);
    const tensor = { ...one, name: `${node.name}/${this.joins}`, shape: one.shape.with(node.axis, side) };
    const moved = this.tensors.push(tensor) - 1;
    const output = this.tensors.push(tensor) - 1;
    const name = `${node.name}/${this.joins++}`;
    joins.push(
      { kind: 'concat', name: `${name}/pieces`, inputs: run, axis: node.axis, output: moved },
      { kind: 'rescale', name, input: moved, output, shift: 0, relu: false },
    );
    return output;
  }

  #rowsOf(id: number): number {
    const tensor = this.tensors[id];
    return sizeOf(tensor.shape) * (2 * rangeOf(tensor).bits + 2);
  }
}
