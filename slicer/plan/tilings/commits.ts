import { bitsOf, exact, larger, minus, negated, smaller, type Exact } from '../../integer/exact.ts';
import { IntegerProgramError } from '../../integer/errors.ts';
import { intervalsOf, type TensorInterval } from '../../integer/intervals.ts';
import { nodeInputs, sizeOf, withTensors } from '../../integer/program.ts';
import type { IntegerProgram, IntegerRange, ProgramNode } from '../../integer/program.ts';
import { PROGRAM_LIMITS } from '../../integer/limits.ts';
import type { KnownIntervals } from '../cost/known-intervals.ts';
import { extract } from '../units/extract.ts';
import { ProgramGraph, unitsOf, type Unit } from '../units/units.ts';

/** A cut is worth it where the larger part has at most this share of what the unit reads and writes. */
const WORTHWHILE = 3 / 4;

/** So many accumulators of a unit are looked at, evenly over its nodes. */
const MOST_LOOKED_AT = 48;

/**
 * The program with one accumulator of a unit committed, so that the unit becomes two: a rescale by nothing into a range that
 * holds all that it can be, and so changes nothing. Which one: the one that leaves the least large part.
 * @param known intervals of earlier states of the program
 * @param any also one that leaves a part nearly as large
 * @returns undefined where no accumulator of the unit is narrow enough for a tensor, or none parts it
 */
export function withCommitted(
  graph: ProgramGraph,
  unit: Unit,
  known: KnownIntervals,
  any = false,
): IntegerProgram | undefined {
  const accumulators = unit.nodes
    .map((position) => graph.program.nodes[position].output)
    .filter((id) => graph.program.tensors[id].range === undefined && !isOnlyCommitted(graph, id));
  const step = Math.max(1, Math.ceil(accumulators.length / MOST_LOOKED_AT));
  const whole = partsWithout(graph, unit, undefined)[0];
  const found = accumulators
    .filter((_, i) => i % step === 0)
    .map((id) => ({ id, largest: partsWithout(graph, unit, id)[0] }))
    .filter(({ largest }) => any || largest <= WORTHWHILE * whole)
    .toSorted((a, b) => a.largest - b.largest || sizeAt(graph, a.id) - sizeAt(graph, b.id));
  if (found.length === 0) return undefined;
  const intervals = known.of(graph.program);
  for (const { id } of found) {
    const range = rangeFor(intervals[id], fillsOf(graph.program, id));
    const made = range && committed(graph.program, id, range);
    if (made && isExact(made, unit, graph)) return made;
  }
  return undefined;
}

/** Whether nothing reads an accumulator but a rescale that changes nothing: committed again it would leave the unit as it is. */
function isOnlyCommitted(graph: ProgramGraph, id: number): boolean {
  return graph.readersOf(id).every((position) => {
    const node = graph.program.nodes[position];
    return node.kind === 'rescale' && node.shift === 0 && !node.relu;
  });
}

/** What gathers of a tensor put in: it has to be within the range of what they read. */
function fillsOf({ nodes }: IntegerProgram, id: number): readonly Exact[] {
  return nodes.flatMap((node) => (node.kind === 'gather' && node.input === id ? [exact(node.fill)] : []));
}

/** The least range that holds an interval and some values more; undefined where a tensor may not have so many bits. */
function rangeFor({ low, high }: TensorInterval, also: readonly Exact[]): IntegerRange | undefined {
  const least = [...also, ...low].reduce(smaller);
  const most = [...also, ...high].reduce(larger);
  const signed = least < 0;
  // −2^(bits − 1) is in range: of a negative end one less counts.
  const reach: Exact = signed ? larger(most, minus(negated(least), 1)) : most;
  const bits = Math.max(1, bitsOf(larger(0, reach))) + (signed ? 1 : 0);
  return bits <= PROGRAM_LIMITS.rangeBits ? { signed, bits } : undefined;
}

function committed(program: IntegerProgram, id: number, range: IntegerRange): IntegerProgram {
  const { name } = program.tensors[id];
  const tensors = [...program.tensors, { ...program.tensors[id], name: `${name}/committed`, range }];
  const output = tensors.length - 1;
  return {
    ...program,
    tensors,
    nodes: program.nodes.flatMap((node): readonly ProgramNode[] => {
      if (node.output === id) {
        return [
          node,
          { kind: 'rescale', name: `${node.name}/committed`, input: id, output, shift: 0, relu: false },
        ];
      }
      if (!nodeInputs(node).includes(id)) return [node];
      return [withTensors(node, (read) => (read === id ? output : read))];
    }),
  };
}

/** A slice knows of what it reads only the range: no number of what is left of the unit may become too wide by that. */
function isExact(program: IntegerProgram, unit: Unit, before: ProgramGraph): boolean {
  const graph = new ProgramGraph(program);
  const own = new Set(unit.nodes.map((position) => before.program.nodes[position].output));
  try {
    for (const { nodes } of unitsOf(graph)) {
      if (nodes.some((position) => own.has(program.nodes[position].output)))
        intervalsOf(extract(graph, nodes).program);
    }
    return true;
  } catch (error) {
    if (error instanceof IntegerProgramError) return false;
    throw error;
  }
}

/** What the parts of a unit read from elsewhere and write, in values, without an accumulator between them; largest first. */
function partsWithout(graph: ProgramGraph, { nodes }: Unit, without: number | undefined): readonly number[] {
  const { program } = graph;
  const own = new Map(nodes.map((position, i) => [program.nodes[position].output, i]));
  const parent = nodes.map((_, i) => i);
  const find = (i: number): number => (parent[i] === i ? i : (parent[i] = find(parent[i])));
  nodes.forEach((position, i) => {
    for (const id of graph.sources(program.nodes[position])) {
      const from = own.get(id);
      if (from !== undefined && id !== without) parent[find(i)] = find(from);
    }
  });
  const read = nodes.map(() => new Set<number>());
  nodes.forEach((position, i) => {
    const part = read[find(i)];
    for (const id of graph.sources(program.nodes[position])) if (!own.has(id) || id === without) part.add(id);
    part.add(program.nodes[position].output);
  });
  return read
    .map((ids) => [...ids].reduce((sum, id) => sum + sizeAt(graph, id), 0))
    .toSorted((a, b) => b - a);
}

function sizeAt({ program }: ProgramGraph, id: number): number {
  return sizeOf(program.tensors[id].shape);
}
