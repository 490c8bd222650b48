import type { IntegerProgram, IntegerRange } from '../integer/program.ts';
import { rangeOf } from '../integer/evaluate.ts';
import { chooseCuts, possibleCuts, type Cut, type CutOptions } from './cuts.ts';
import { PlanError } from './errors.ts';
import { extract } from './extract.ts';
import { planKind } from './kinds.ts';
import { MODEL_LIMITS, SIGNAL_LIMIT, SLICE_TENSOR_LIMIT } from './price.ts';
import { evenTiles, tileable, tileUnit } from './tile.ts';
import { ProgramGraph, unitsOf, type Unit } from './units.ts';

/** A committed tensor of a sliced model: one entry of a job's trace. */
export interface PlanTensor {
  /** Its place in the trace: the model's inputs first, then what each slice writes, in order. */
  readonly id: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly range: IntegerRange;
  /** real ≈ q · 2^−scale. */
  readonly scale: number;
}

/** A part of a model that is proved by itself. */
export interface PlanSlice {
  readonly id: number;
  readonly name: string;
  /** What it does, in ONNX's words, in order. */
  readonly operators: readonly string[];
  readonly program: IntegerProgram;
  /** Tensor ids of the model, in the order of the program's inputs and outputs. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly constraints: number;
}

/** A model cut into slices; every slice reads model inputs and what slices before it wrote. */
export interface SlicePlan {
  readonly tensors: readonly PlanTensor[];
  readonly inputCount: number;
  /** Tensor ids of the model's outputs; an output that had to be tiled is several, in channel order. */
  readonly outputs: readonly number[];
  readonly slices: readonly PlanSlice[];
}

export interface PlanOptions {
  /** Most constraints of one slice, everything included. Default 2^16 less its public signals. */
  readonly budget?: number;
  /** Fewest slices, where the model can be cut into so many: what is sold in parts is proved in parallel. Default 4. */
  readonly minSlices?: number;
  readonly countConstraints: (program: IntegerProgram) => number;
}

export const DEFAULT_BUDGET = 2 ** 16 - SIGNAL_LIMIT - 1;
export const DEFAULT_MIN_SLICES = 4;

/**
 * Cuts a program where its tensors are ranged. Neighbouring units go into one slice, or one unit into tiles of
 * output channels, whatever makes total proving and the longest slice cheapest under the budget.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE
 */
export function planSlices(program: IntegerProgram, options: PlanOptions): SlicePlan {
  const { budget = DEFAULT_BUDGET, minSlices = DEFAULT_MIN_SLICES, countConstraints } = options;
  let graph = new ProgramGraph(program);
  for (let tileFreely = true; ; tileFreely = false) {
    const units = unitsOf(graph);
    const cuts = cutsOf(graph, units, { budget, tileFreely, countConstraints }, minSlices);
    const tiled = cuts.filter(({ slices }) => slices.length > 1);
    if (tiled.length === 0) {
      const groups = cuts.map(({ first, end }) =>
        units
          .slice(first, end)
          .flatMap((unit) => unit.nodes)
          .toSorted((a, b) => a - b),
      );
      return numbered(graph, groups, countConstraints);
    }
    // A reader of tiles commits to more tensors than it was reckoned with: the cuts are chosen again.
    graph = new ProgramGraph(
      tiled.reduce(
        (current, { first, slices }) => withTiles(current, graph, units[first], slices.length),
        graph.program,
      ),
    );
  }
}

function cutsOf(
  graph: ProgramGraph,
  units: readonly Unit[],
  options: CutOptions,
  minSlices: number,
): readonly Cut[] {
  const possible = possibleCuts(graph, units, options);
  const stuck = possible.findIndex((cuts) => cuts.length === 0);
  if (stuck >= 0) {
    const { name } = graph.program.nodes[units[stuck].nodes[0]];
    throw new PlanError(
      'PLAN_UNIT_TOO_LARGE',
      `the layer of ${name} can't be brought under ${options.budget} constraints and ${SLICE_TENSOR_LIMIT} tensors a slice`,
      { hint: 'Raise the budget or use fewer bits.', details: { node: name, budget: options.budget } },
    );
  }
  return chooseCuts(possible, minSlices) ?? [];
}

function withTiles(program: IntegerProgram, graph: ProgramGraph, unit: Unit, tiles: number): IntegerProgram {
  const parts = tileable(graph.program, unit);
  return parts ? tileUnit(program, parts, evenTiles(parts.linear.bias.length, tiles)) : program;
}

function numbered(
  graph: ProgramGraph,
  groups: readonly (readonly number[])[],
  countConstraints: (program: IntegerProgram) => number,
): SlicePlan {
  const { program } = graph;
  const extracts = groups.map((positions) => extract(graph, positions));
  const order = [...program.inputs, ...extracts.flatMap(({ outputs }) => outputs)];
  const ids = new Map(order.map((tensor, id) => [tensor, id]));
  const idOf = (tensor: number): number => ids.get(tensor) as number;
  const slices = extracts.map((part, id): PlanSlice => {
    return {
      id,
      name: nameOf(part.program),
      operators: operatorsOf(part.program),
      program: part.program,
      inputs: part.inputs.map(idOf),
      outputs: part.outputs.map(idOf),
      constraints: countConstraints(part.program),
    };
  });
  if (slices.length > MODEL_LIMITS.slices || order.length > MODEL_LIMITS.tensors) {
    throw new PlanError(
      'PLAN_MODEL_TOO_LARGE',
      `expected at most ${MODEL_LIMITS.slices} slices and ${MODEL_LIMITS.tensors} tensors, got ${slices.length} and ${order.length}`,
      { hint: 'Raise the budget, so that slices are larger.' },
    );
  }
  const tensors = order.map((tensor, id): PlanTensor => {
    const { name, shape, scale } = program.tensors[tensor];
    return { id, name, shape, scale, range: rangeOf(program.tensors[tensor]) };
  });
  return { tensors, inputCount: program.inputs.length, outputs: program.outputs.map(idOf), slices };
}

/** First and last named layer, e.g. `/fc1/Gemm … /fc3/Gemm`. */
function nameOf({ nodes }: IntegerProgram): string {
  const layers = nodes.filter((node) => planKind(node).names);
  const [first, last] = [layers[0] ?? nodes[0], layers.at(-1) ?? nodes[0]];
  return first === last ? first.name : `${first.name} … ${last.name}`;
}

function operatorsOf({ nodes }: IntegerProgram): readonly string[] {
  return nodes.flatMap((node) => planKind(node).operators(node));
}
