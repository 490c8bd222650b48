import type { Whole } from '../../protocol/box.ts';
import type { IntegerProgram, IntegerRange } from '../integer/program.ts';
import { rangeOf } from '../integer/evaluate.ts';
import { wholeBox } from './tilings/box.ts';
import type { CostOf, SliceFigures } from './cost/cost.ts';
import { figuresOf } from './cost/cost.ts';
import { PlanError } from './errors.ts';
import { extract } from './units/extract.ts';
import { MODEL_LIMITS } from './limits.ts';
import { withOwnOutputs } from './units/own-outputs.ts';
import { nameOf, operatorsOf } from './units/names.ts';
import { piecesOf } from './tilings/pieces.ts';
import { cheapestPartition, type Partition } from './cuts/search.ts';
import { DEFAULT_PROVERS, planCost, type PlanCost, type PlanTarget } from './cost/target.ts';

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
  /** Its circuit, and what proving it takes. */
  readonly figures: SliceFigures;
  readonly constraints: number;
}

/** A model cut into slices; every slice reads model inputs and what slices before it wrote. */
export interface SlicePlan {
  readonly tensors: readonly PlanTensor[];
  readonly inputCount: number;
  /** Tensor ids of the model's outputs; an output that had to be tiled is several. */
  readonly outputs: readonly number[];
  /** The model's inputs and outputs as the program had them, in its order. */
  readonly wholes: { readonly inputs: readonly Whole[]; readonly outputs: readonly Whole[] };
  readonly slices: readonly PlanSlice[];
  readonly cost: PlanCost;
}

export interface PlanOptions {
  /** Most constraints of one slice, everything included. */
  readonly budget: number;
  /** Fewest slices, where the model can be cut into so many: what is sold in parts is proved in parallel. Default 1: what the target makes cheapest. */
  readonly minSlices?: number;
  /** What the plan is to be cheapest in. Default constraints. */
  readonly target?: PlanTarget;
  /** Provers that are thought to share a job. Default 8. */
  readonly provers?: number;
  readonly costOf: CostOf;
}

/**
 * Cuts a program where its tensors are ranged: units go into one slice, or one unit into tiles, whatever makes
 * the whole cheapest under the target (see target.ts) and no slice larger than the budget.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE
 */
export function planSlices(given: IntegerProgram, options: PlanOptions): SlicePlan {
  const program = withOwnOutputs(given);
  const { budget, target = 'constraints', provers = DEFAULT_PROVERS, costOf } = options;
  const { minSlices = 1 } = options;
  const aim = { target, provers, minSlices, perSlice: 0 };
  return numbered(program, cheapestPartition(program, { budget, aim, costOf }), costOf, provers);
}

function numbered(
  whole: IntegerProgram,
  { graph, groups, pieces }: Partition,
  costOf: CostOf,
  provers: number,
): SlicePlan {
  const { program } = graph;
  const extracts = groups.map((positions) => extract(graph, positions));
  const order = [...program.inputs, ...extracts.flatMap(({ outputs }) => outputs)];
  const ids = new Map(order.map((tensor, id) => [tensor, id]));
  const idOf = (tensor: number): number => ids.get(tensor) as number;
  const slices = extracts.map((part, id): PlanSlice => {
    const figures = figuresOf(costOf(part.program), part.outputs.length);
    return {
      id,
      name: nameOf(part.program),
      operators: operatorsOf(part.program),
      program: part.program,
      inputs: part.inputs.map(idOf),
      outputs: part.outputs.map(idOf),
      figures,
      constraints: figures.constraints,
    };
  });
  if (order.length > MODEL_LIMITS.tensors) {
    throw new PlanError(
      'PLAN_MODEL_TOO_LARGE',
      `expected at most ${MODEL_LIMITS.tensors} tensors between slices, got ${order.length}`,
      { hint: 'Raise the budget, so that slices are larger.' },
    );
  }
  const tensors = order.map((tensor, id): PlanTensor => {
    const { name, shape, scale } = program.tensors[tensor];
    return { id, name, shape, scale, range: rangeOf(program.tensors[tensor]) };
  });
  const wholeOf = (tensor: number): Whole => {
    const { name, shape } = whole.tensors[tensor];
    return {
      name,
      shape,
      pieces: piecesOf(tensor, wholeBox(shape), pieces).map((piece) => ({
        ...piece,
        tensor: idOf(piece.tensor),
      })),
    };
  };
  return {
    tensors,
    wholes: { inputs: whole.inputs.map(wholeOf), outputs: whole.outputs.map(wholeOf) },
    inputCount: program.inputs.length,
    outputs: program.outputs.map(idOf),
    slices,
    cost: planCost(
      slices.map(({ figures }) => figures),
      provers,
    ),
  };
}
