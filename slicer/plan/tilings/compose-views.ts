import { boundsOf, nodeInputs, sizeOf } from '../../integer/program.ts';
import type { GatherNode, IntegerProgram, ProgramNode, ProgramTensor } from '../../integer/program.ts';
import { ProgramGraph } from '../units/units.ts';

/**
 * The program with every gather over views reading just those tensors that its values come from: of a layer in
 * pieces, a tile then reads, and commits to, only the pieces that it needs.
 * @param isAffected which gathers may read more than they need; default all
 */
export function composeViews(
  program: IntegerProgram,
  isAffected: (node: GatherNode, sources: readonly number[]) => boolean = () => true,
): IntegerProgram {
  const graph = new ProgramGraph(program);
  const tensors = [...program.tensors];
  const nodes = program.nodes.flatMap((node, position) =>
    node.kind === 'gather' && graph.isView(position) && isAffected(node, graph.sources(node))
      ? composed(graph, tensors, node)
      : [node],
  );
  return { ...program, tensors, nodes };
}

/** Where values come from: the tensor, and the index in it; tensor −1 for a gather's fill. */
interface Origins {
  readonly tensor: Int32Array;
  readonly index: Int32Array;
  /** The values that gathers on the way put in. */
  readonly fills: Set<number>;
  /** Constants on the way: they are no tensors that are read, and can't be joined with those. */
  readonly constants: Set<number>;
}

function composed(graph: ProgramGraph, tensors: ProgramTensor[], node: GatherNode): readonly ProgramNode[] {
  const origins: Origins = {
    tensor: new Int32Array(node.indices.length).fill(-1),
    index: new Int32Array(node.indices.length),
    fills: new Set(),
    constants: new Set(),
  };
  const places = Int32Array.from(node.indices.keys());
  trace(graph, node.output, places, places, origins);
  const sources = sourcesOf(origins);
  const before = graph.sources(node);
  // A gather has one value for what it reads nowhere, and a constant's are many: those stay what they are read from.
  const plain = origins.constants.size === 0 && origins.fills.size <= 1;
  if (!plain || sources.length === 0 || sources.length === new Set(before).size) return [node];
  const [fill = 0] = origins.fills;
  // Of a view of several ranges a gather may put in what the one tensor that is left of it can't hold.
  if (origins.fills.size > 0 && sources.some((id) => !holds(tensors[id], fill))) return [node];
  const starts = new Map<number, number>();
  let size = 0;
  for (const id of sources) {
    starts.set(id, size);
    size += sizeOf(tensors[id].shape);
  }
  const indices = new Int32Array(origins.index.length);
  for (let i = 0; i < indices.length; i++) {
    const tensor = origins.tensor[i];
    indices[i] = tensor < 0 ? -1 : (starts.get(tensor) as number) + origins.index[i];
  }
  if (sources.length === 1) return [{ ...node, input: sources[0], indices, fill }];
  const rows: ProgramNode[] = sources.map((id) => {
    const output = tensors.push({ ...tensors[id], shape: [1, sizeOf(tensors[id].shape)] }) - 1;
    return { kind: 'reshape', name: `${node.name}/${tensors[id].name}`, input: id, output };
  });
  const input = tensors.push({ ...tensors[sources[0]], name: `${node.name}/pieces`, shape: [1, size] }) - 1;
  return [
    ...rows,
    {
      kind: 'concat',
      name: `${node.name}/join`,
      inputs: rows.map(({ output }) => output),
      axis: 1,
      output: input,
    },
    { ...node, input, indices, fill },
  ];
}

/** The tensors that values come from, ascending. */
function sourcesOf({ tensor }: Origins): readonly number[] {
  const found = new Set<number>();
  let last = -1;
  for (const id of tensor) {
    // Neighbours mostly come from one tensor.
    if (id !== last && id >= 0) found.add(id);
    last = id;
  }
  return [...found].toSorted((a, b) => a - b);
}

function holds({ range }: ProgramTensor, value: number): boolean {
  if (range === undefined) return true;
  const { low, high } = boundsOf(range);
  return low <= value && value <= high;
}

/**
 * Follows values back through views.
 * @param at indices into the tensor
 * @param places where in `origins` each goes
 */
function trace(graph: ProgramGraph, id: number, at: Int32Array, places: Int32Array, origins: Origins): void {
  const position = graph.writer.get(id);
  const node = position === undefined ? undefined : graph.program.nodes[position];
  if (node === undefined || !graph.isView(position as number)) {
    for (let i = 0; i < at.length; i++) {
      origins.tensor[places[i]] = id;
      origins.index[places[i]] = at[i];
    }
  } else if (node.kind === 'constant') {
    origins.constants.add(id);
  } else if (node.kind === 'gather') {
    const from = new Int32Array(at.length);
    const to = new Int32Array(at.length);
    let kept = 0;
    for (let i = 0; i < at.length; i++) {
      const index = node.indices[at[i]];
      if (index < 0) continue;
      from[kept] = index;
      to[kept++] = places[i];
    }
    if (kept < at.length) origins.fills.add(node.fill);
    trace(graph, node.input, from.subarray(0, kept), to.subarray(0, kept), origins);
  } else if (node.kind === 'concat') {
    traceConcat(graph, nodeInputs(node), node.axis, at, places, origins);
  } else {
    trace(graph, nodeInputs(node)[0], at, places, origins);
  }
}

function traceConcat(
  graph: ProgramGraph,
  inputs: readonly number[],
  axis: number,
  at: Int32Array,
  places: Int32Array,
  origins: Origins,
): void {
  const blocks = inputs.map((id) => sizeOf(graph.program.tensors[id].shape.slice(axis)));
  const row = blocks.reduce((sum, block) => sum + block, 0);
  // By position in a row of the joined tensor: which input it is of.
  const inputAt = new Uint16Array(row);
  const firsts = new Int32Array(inputs.length);
  blocks.reduce((first, block, i) => {
    firsts[i] = first;
    inputAt.fill(i, first, first + block);
    return first + block;
  }, 0);
  const counts = new Int32Array(inputs.length);
  for (const index of at) counts[inputAt[index % row]]++;
  const inner = blocks.map((_, i) => new Int32Array(counts[i]));
  const innerPlaces = blocks.map((_, i) => new Int32Array(counts[i]));
  counts.fill(0);
  for (let k = 0; k < at.length; k++) {
    const column = at[k] % row;
    const i = inputAt[column];
    inner[i][counts[i]] = ((at[k] - column) / row) * blocks[i] + column - firsts[i];
    innerPlaces[i][counts[i]++] = places[k];
  }
  inputs.forEach((id, i) => {
    if (counts[i] > 0) trace(graph, id, inner[i], innerPlaces[i], origins);
  });
}
