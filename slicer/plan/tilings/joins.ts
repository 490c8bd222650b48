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
  // The unit gets views of its own; other readers keep reading the pieces.
  const renamed = new Map<number, number>();
  const at = (id: number): number => renamed.get(id) ?? id;
  for (const position of views) {
    const node = program.nodes[position];
    const copy = withTensors(node, at);
    renamed.set(node.output, writer.copyOf(node.output));
    const own = { ...copy, output: at(node.output) };
    writer.add(own.kind === 'concat' ? writer.joined(own, graph) : own);
  }
  if (writer.joins === 0) return undefined;
  const first = unit.nodes[0];
  const inside = new Set(unit.nodes);
  return {
    ...program,
    tensors: writer.tensors,
    nodes: program.nodes.flatMap((node, position) => {
      const own = inside.has(position) ? readingFrom(node, at) : node;
      return position === first ? [...writer.nodes, own] : [own];
    }),
  };
}

/** Only what is read changes: what a node of the unit writes stays what it is. */
function readingFrom(node: ProgramNode, at: (id: number) => number): ProgramNode {
  return { ...withTensors(node, at), output: node.output };
}

class JoinWriter {
  readonly tensors: IntegerProgram['tensors'][number][];
  readonly nodes: ProgramNode[] = [];
  joins = 0;
  readonly #budget: number;

  constructor(program: IntegerProgram, budget: number) {
    this.tensors = [...program.tensors];
    this.#budget = budget;
  }

  copyOf(id: number): number {
    return this.tensors.push(this.tensors[id]) - 1;
  }

  add(node: ProgramNode): void {
    this.nodes.push(node);
  }

  /** The same concat of fewer tensors, each several neighbours of those that it had. */
  joined(node: ConcatNode, graph: ProgramGraph): ConcatNode {
    const isPiece = node.inputs.map((id) => {
      const position = graph.writer.get(id);
      return this.tensors[id].range !== undefined && (position === undefined || !graph.isView(position));
    });
    const inputs: number[] = [];
    for (let first = 0; first < node.inputs.length;) {
      let end = first + 1;
      let rows = this.#rowsOf(node.inputs[first]);
      while (end < node.inputs.length && end - first < MOST_JOINED && isPiece[end]) {
        rows += this.#rowsOf(node.inputs[end]);
        if (rows > SHARE * this.#budget) break;
        end++;
      }
      const run = node.inputs.slice(first, isPiece[first] ? end : first + 1);
      if (new Set(run).size > 1) inputs.push(this.#join(node, run));
      else inputs.push(...run);
      first += run.length;
    }
    return { ...node, inputs };
  }

  #join(node: ConcatNode, run: readonly number[]): number {
    const [one] = run.map((id) => this.tensors[id]);
    const side = run.reduce((sum, id) => sum + this.tensors[id].shape[node.axis], 0);
    const tensor = { ...one, name: `${node.name}/${this.joins}`, shape: one.shape.with(node.axis, side) };
    const moved = this.tensors.push(tensor) - 1;
    const output = this.tensors.push(tensor) - 1;
    const name = `${node.name}/${this.joins++}`;
    this.nodes.push(
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
