import type { Sample } from '../../protocol/samples.ts';
import { sliceOnnx } from '../execute/slice-onnx.ts';
import type { TensorValues } from '../integer/program.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { openModel, withOutputs } from './open-model.ts';
import { openFloatRuntime } from './float-runtime.ts';
import { tracedSample } from './traced-sample.ts';
import { planWithin, type BudgetedPlan } from '../plan/budgets.ts';
import { circuitCost, type ModeChoice } from '../plan/cost/cost-of.ts';
import type { PlanOptions } from '../plan/plan.ts';
import { openOperators } from './run-operator.ts';
import { quantiseGraph, type QuantisedGraph, type QuantiseOptions } from '../quantise/quantise-graph.ts';

/** Points, of top-1 accuracy or of mean error. */
export const DEFAULT_ACCURACY_BUDGET = 0.5;

export interface PlanModelOptions extends Omit<PlanOptions, 'costOf' | 'budget'> {
  /** Most constraints of one slice, everything included. Default the least of {@link BUDGETS} that does. */
  readonly budget?: number;
  /** What scales and bit widths are chosen on. */
  readonly calibration: readonly Sample[];
  /** Sizes of dimensions that the model leaves open, see {@link readOnnx}. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** What may be lost, see {@link QuantiseOptions}. Default {@link DEFAULT_ACCURACY_BUDGET}. */
  readonly accuracyBudget?: number;
  /** Bits everywhere, instead of searching for the cheapest. */
  readonly bits?: QuantiseOptions['bits'];
  /** How circuits prove ranges and functions. Default bits. */
  readonly mode?: ModeChoice;
  /** What the output is for: a choice among classes, or numbers. Left out: see {@link QuantiseOptions}. */
  readonly task?: QuantiseOptions['task'];
  readonly onStep?: QuantiseOptions['onStep'];
}

/** A float model as integers, cut. */
export interface PlannedModel extends QuantisedGraph, BudgetedPlan {
  readonly graph: OnnxGraph;
  /** By slice: it as ONNX. */
  readonly models: readonly Uint8Array[];
  /** Every tensor of the model for the first calibration sample, as ONNX Runtime makes them slice by slice. */
  readonly trace: readonly TensorValues[];
}

/**
 * Quantises a model and cuts it, and runs one sample through the slices: all of a build that comes before circuits and keys, so
 * that what can be planned can be built.
 * @throws SlicerError ONNX_*, QUANTISE_*, PLAN_*, EXECUTE_*; BuildError BUILD_RUNTIME, BUILD_FLOAT_MODEL
 */
export async function planModel(
  onnx: Uint8Array,
  { calibration, dimensions, accuracyBudget = DEFAULT_ACCURACY_BUDGET, bits, mode, task, onStep, ...options }: PlanModelOptions,
): Promise<PlannedModel> {
  const graph = await openModel(onnx, dimensions);
  const costOf = circuitCost(mode);
  const operators = openOperators();
  const withOperators = async <T>(work: () => Promise<T>): Promise<T> => work().finally(() => operators.close());
  const quantised = await withOperators(() =>
    quantiseGraph(graph, {
      calibration: calibration.map((sample) => sample.map((values) => Float64Array.from(values))),
      bits,
      accuracyBudget,
      task,
      countConstraints: (program) => costOf(program).constraints,
      runTensors: (tensors, samples) => runTensors(onnx, graph, tensors, samples),
      runOperator: operators.run,
      onStep,
    }),
  );
  const { program } = quantised;
  const { plan, budget } = planWithin(program, { ...options, mode });
  const models = plan.slices.map((slice) => sliceOnnx(slice.program, slice.name));
  const trace = await tracedSample(calibration[0], plan, program, models);
  return {
    ...quantised,
    withBits: (choice) => withOperators(() => quantised.withBits(choice)),
    graph,
    plan,
    budget,
    models,
    trace,
  };
}

/** Tensors of the float model by sample, from ONNX Runtime. */
async function runTensors(
  onnx: Uint8Array,
  graph: OnnxGraph,
  names: readonly string[],
  samples: readonly (readonly Float64Array[])[],
): Promise<readonly (readonly Float64Array[])[]> {
  const own = new Set(graph.outputs.map(({ name }) => name));
  const added = withOutputs(
    graph.source?.file ?? onnx,
    names.filter((name) => !own.has(name)),
  );
  const outputs = names.map((name) => ({ name, ...graph.tensors.get(name)! }));
  const float = await openFloatRuntime(added, { ...graph, outputs });
  try {
    const found = [];
    for (const sample of samples) found.push(await float.run(sample));
    return found;
  } finally {
    await float.close();
  }
}
