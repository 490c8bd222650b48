import { countConstraints } from '../circuit/count.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { circuitCost } from '../plan/cost-of.ts';
import { planSlices, type PlanOptions, type SlicePlan } from '../plan/plan.ts';
import { quantiseGraph, type QuantisedGraph, type QuantiseOptions } from '../quantise/quantise-graph.ts';

export interface PlanModelOptions extends Omit<PlanOptions, 'costOf'> {
  /** Inputs that scales and bit widths are chosen on. */
  readonly calibration: readonly Float32Array[];
  /** What may be lost, see {@link QuantiseOptions}. Default 0.5. */
  readonly accuracyBudget?: number;
  /** Bits everywhere, instead of searching for the cheapest. */
  readonly bits?: QuantiseOptions['bits'];
  readonly onStep?: QuantiseOptions['onStep'];
}

/** A float model as integers, cut. */
export interface PlannedModel extends QuantisedGraph {
  readonly plan: SlicePlan;
}

/**
 * Quantises a model and cuts it: all of a build that comes before circuits and keys.
 * @throws SlicerError QUANTISE_*, PLAN_*
 */
export async function planModel(
  graph: OnnxGraph,
  { calibration, accuracyBudget = 0.5, bits, onStep, ...options }: PlanModelOptions,
): Promise<PlannedModel> {
  const quantised = await quantiseGraph(graph, {
    calibration: calibration.map((input) => [Float64Array.from(input)]),
    bits,
    accuracyBudget,
    countConstraints,
    onStep,
  });
  return { ...quantised, plan: planSlices(quantised.program, { ...options, costOf: circuitCost }) };
}
