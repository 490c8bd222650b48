import { groupBy } from '../../../protocol/group-by.ts';
import { nodeInputs, withTensors } from '../../integer/program.ts';
import type { IntegerProgram, ProgramNode, ProgramTensor } from '../../integer/program.ts';
import { boxLabel, boxShape, hullOf, indicesWithin, sameBox, wholeBox, type Box } from './box.ts';
import { cutNode } from './tile-rules.ts';
import type { ProgramGraph, Unit } from '../units/units.ts';

/** A tensor that was cut, and the tensors that are its parts: boxes that cover it, in row-major order. */
export interface Pieces {
  readonly whole: number;
  readonly boxes: readonly Box[];
  readonly tensors: readonly number[];
}

/** A program some of whose tensors are in pieces. */
export interface Tiled {
  readonly program: IntegerProgram;
  readonly pieces: readonly Pieces[];
}

/** A program with one tensor in pieces. */
interface TiledProgram {
  readonly program: IntegerProgram;
  readonly pieces: Pieces;
}

/** The one tensor by which a unit can be cut into tiles: all that it writes for others. */
export function tileableOutput(graph: ProgramGraph, { nodes }: Unit): number | undefined {
  const inside = new Set(nodes);
  const written = new Set(nodes.map((position) => graph.program.nodes[position].output));
  const committed = [...written].filter(
    (id) => graph.wanted.has(id) || graph.readersOf(id).some((position) => !inside.has(position)),
  );
  const last = graph.program.nodes[nodes[nodes.length - 1]];
  if (committed.length !== 1 || committed[0] !== last.output) return undefined;
  // What a view moves about inside the unit would have to be moved tile by tile.
  const throughView = nodes.some((position) =>
    nodeInputs(graph.program.nodes[position]).some(
      (id) => !written.has(id) && graph.sourcesOf(id).some((source) => written.has(source)),
    ),
  );
  return throughView ? undefined : last.output;
}

/**
 * The same program with a unit replaced by tiles. A tile computes what it needs of the unit's inner tensors (at the seams
 * more than one tile does), and reads of the tensors before the unit only the boxes that it needs. Each writes one piece or
 * several, so that a reader of some rows need not unpack all; a join, which costs nothing, gives all to whoever reads
 * the whole. Where the whole is an output of the program, its pieces become the outputs.
 * @param tiles the boxes that each writes; all together cover the output
 * @returns undefined where some box can't be made by itself
 */
export function tileUnit(
  graph: ProgramGraph,
  unit: Unit,
  output: number,
  tiles: readonly (readonly Box[])[],
): TiledProgram | undefined {
  const { program } = graph;
  const writer = new TileWriter(graph, unit);
  const pieces: number[] = [];
  for (const boxes of tiles) {
    const label = boxLabel(program.tensors[output].shape, boxes.reduce(hullOf));
    const made = writer.tile(new Map([[output, boxes]]), label)?.get(output);
    if (made === undefined) return undefined;
    pieces.push(...made);
  }
  const isRead = program.nodes.some((node) => nodeInputs(node).includes(output));
  const whole = { whole: output, boxes: tiles.flat(), tensors: pieces };
  if (isRead) writer.join(whole);
  const replaced = new Set(unit.nodes);
  const last = unit.nodes[unit.nodes.length - 1];
  return {
    program: {
      ...program,
      tensors: writer.tensors,
      outputs: program.outputs.flatMap((id) => (id === output ? pieces : [id])),
      nodes: program.nodes.flatMap((node, position) => {
        if (position === last) return writer.nodes;
        return replaced.has(position) ? [] : [node];
      }),
    },
    pieces: whole,
  };
}

/** The same program with an input in pieces of its own, which a join gives to whoever reads the whole. */
export function splitInput(program: IntegerProgram, input: number, boxes: readonly Box[]): TiledProgram {
  const tensors = [...program.tensors];
  const { name, shape } = tensors[input];
  const pieces = boxes.map((box) => tensors.push(pieceOf(tensors[input], box)) - 1);
  const nodes: ProgramNode[] = [];
  joinPieces(tensors, nodes, name, shape, { whole: input, boxes, tensors: pieces });
  return {
    program: {
      tensors,
      inputs: program.inputs.flatMap((id) => (id === input ? pieces : [id])),
      outputs: program.outputs,
      nodes: [...nodes, ...program.nodes],
    },
    pieces: { whole: input, boxes, tensors: pieces },
  };
}

/** Writes parts of a unit: nodes that make boxes of what it writes. */
export class TileWriter {
  readonly tensors: ProgramTensor[];
  readonly nodes: ProgramNode[] = [];
  /** By node of the unit: what was made of it, with what moves its values there. */
  readonly made = new Map<ProgramNode, readonly ProgramNode[]>();
  readonly #graph: ProgramGraph;
  readonly #unit: readonly ProgramNode[];
  readonly #written: ReadonlySet<number>;

  constructor(graph: ProgramGraph, { nodes }: Unit) {
    this.tensors = [...graph.program.tensors];
    this.#graph = graph;
    this.#unit = nodes.map((position) => graph.program.nodes[position]);
    this.#written = new Set(this.#unit.map(({ output }) => output));
  }

  /**
   * Adds the nodes of one tile.
   * @param boxes what it is to hold of the tensors that the unit writes, each a tensor of its own
   * @returns by tensor of the unit: those that hold the boxes of it
   */
  tile(
    boxes: ReadonlyMap<number, readonly Box[]>,
    label: string,
  ): ReadonlyMap<number, readonly number[]> | undefined {
    const { tensors } = this.#graph.program;
    const needed = new Map(boxes);
    const cuts = [];
    for (const node of this.#unit.toReversed()) {
      for (const box of (needed.get(node.output) ?? []).toReversed()) {
        const cut = cutNode(node, box, tensors);
        if (!cut) return undefined;
        nodeInputs(node).forEach((id, i) => {
          const read = cut.reads[i];
          if (read && this.#written.has(id))
            needed.set(id, [[read, ...(needed.get(id) ?? [])].reduce(hullOf)]);
        });
        cuts.push({ node, cut, box });
      }
    }
    const made = new Map<number, number[]>();
    for (const { node, cut, box } of cuts.toReversed()) {
      const own =
        (needed.get(node.output)?.length ?? 0) > 1 ? boxLabel(tensors[node.output].shape, box) : label;
      const before = this.nodes.length;
      const reads = nodeInputs(node).flatMap((id, i) => {
        const read = cut.reads[i];
        return read ? [this.#read(id, read, made.get(id)?.[0], needed.get(id)?.[0], own)] : [];
      });
      const written = this.tensors.push(pieceOf(tensors[node.output], box, own)) - 1;
      made.set(node.output, [...(made.get(node.output) ?? []), written]);
      this.nodes.push(joined(cut.node, reads, written, node.name + own));
      this.made.set(node, [...(this.made.get(node) ?? []), ...this.nodes.slice(before)]);
    }
    return made;
  }

  join(pieces: Pieces): void {
    const { name, shape } = this.tensors[pieces.whole];
    joinPieces(this.tensors, this.nodes, name, shape, pieces);
  }

  /** A box of a tensor: of what the tile has of it, or of the whole where the unit does not write it. */
  #read(id: number, box: Box, made: number | undefined, madeBox: Box | undefined, label: string): number {
    const whole = this.#graph.program.tensors[id];
    const around = made === undefined || !madeBox ? wholeBox(whole.shape) : madeBox;
    const input = made ?? id;
    if (sameBox(box, around)) return input;
    const output = this.tensors.push(pieceOf(whole, box, `${boxLabel(whole.shape, box)} for ${label}`)) - 1;
    const name = `${whole.name} for ${label}`;
    this.nodes.push({ kind: 'gather', name, input, output, indices: indicesWithin(box, around), fill: 0 });
    return output;
  }
}

function pieceOf(tensor: ProgramTensor, box: Box, label = boxLabel(tensor.shape, box)): ProgramTensor {
  return { ...tensor, name: tensor.name + label, shape: boxShape(box) };
}

/** Joins along the last dimension that is cut, then the one before it, and so on: boxes are in row-major order. */
function joinPieces(
  tensors: ProgramTensor[],
  nodes: ProgramNode[],
  name: string,
  shape: readonly number[],
  { whole, boxes, tensors: pieces }: Pieces,
): void {
  let parts = boxes.map((box, i) => ({ box, tensor: pieces[i] }));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const runs = groupBy(parts, ({ box }) => [...box.start].with(axis, 0).join(' '));
    parts = [...runs.values()].map((run) => {
      if (run.length === 1) return run[0];
      const box = run.map((part) => part.box).reduce(hullOf);
      const isWhole = run.length === parts.length;
      const tensor = isWhole ? whole : tensors.push(pieceOf({ ...tensors[whole], name }, box)) - 1;
      nodes.push({
        kind: 'concat',
        name: `${tensors[tensor].name}/join`,
        inputs: run.map((part) => part.tensor),
        axis,
        output: tensor,
      });
      return { box, tensor };
    });
  }
}

/** A node between other tensors; a concat may have fewer of them than it had. */
function joined(node: ProgramNode, reads: readonly number[], output: number, name: string): ProgramNode {
  if (node.kind === 'concat') return { ...node, inputs: reads, output, name };
  const at = new Map(nodeInputs(node).map((id, i) => [id, reads[i]]));
  return { ...withTensors(node, (id) => (id === node.output ? output : (at.get(id) as number))), name };
}
