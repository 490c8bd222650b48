import type { IntegerProgram } from '../integer/program.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { uniformBits, type BitChoice } from './bits.ts';
import { QuantiseError } from './errors.ts';
import { lossOf } from './loss.ts';
import { lowerGraph } from './lower.ts';
import type { Sample } from './observation.ts';
import { observe } from './observe.ts';
import { quantise } from './quantise.ts';
import { searchBits } from './search.ts';
import { tradeoffOf, type Tradeoff } from './tradeoff.ts';

export interface QuantiseOptions {
  /** Samples that scales and bit widths are chosen on. */
  readonly calibration: readonly Sample[];
  /** These bits everywhere instead of a search. */
  readonly bits?: { readonly weights: number; readonly activations: number };
  /**
   * Points of top-1 accuracy that may be lost, e.g. 0.5. Where the output is no choice among classes: the mean
   * error that may be made, in hundredths of what the output ranges over.
   */
  readonly accuracyBudget: number;
  readonly countConstraints: (program: IntegerProgram) => number;
  /** Runs the float model: the values of these tensors of the graph, by sample. For operators without a proof. */
  readonly runForeign?: (
    tensors: readonly string[],
    samples: readonly Sample[],
  ) => Promise<readonly Sample[]>;
  /** Called after each step of the search. */
  readonly onStep?: (step: { readonly constraints: number; readonly loss: number }) => void;
}

export interface QuantisedGraph {
  readonly program: IntegerProgram;
  /** Where bits were searched for: what others would have cost. */
  readonly tradeoff?: Tradeoff;
  /** The program with other bits. */
  readonly withBits: (bits: BitChoice) => IntegerProgram;
}

/**
 * The integer program of a float graph: with the bits given, or the cheapest within the accuracy budget.
 * @throws QuantiseError QUANTISE_*
 */
export async function quantiseGraph(graph: OnnxGraph, options: QuantiseOptions): Promise<QuantisedGraph> {
  const model = lowerGraph(graph);
  const foreign = model.nodes.flatMap((node) => (node.kind === 'foreign' ? [node.tensor] : []));
  const seen = foreign.length === 0 ? [] : await options.runForeign?.(foreign, options.calibration);
  if (seen === undefined) {
    throw new QuantiseError(
      'QUANTISE_UNSUPPORTED_OPERATOR',
      `the model has operators that can't be proved, and nothing runs them: ${foreign.join(', ')}`,
    );
  }
  const observation = observe(model, options.calibration, seen);
  const withBits = (bits: BitChoice): IntegerProgram => quantise(model, observation, bits).program;
  if (options.bits) {
    const { weights, activations } = options.bits;
    return { program: withBits(uniformBits(model, weights, activations)), withBits };
  }
  const loss = lossOf(model);
  const maxLoss = loss.limit(options.accuracyBudget);
  const found = await searchBits(model, observation, {
    loss,
    maxLoss,
    cost: options.countConstraints,
    onStep: (step) => options.onStep?.({ constraints: step.cost, loss: step.loss }),
  });
  return {
    program: found.best.quantised.program,
    tradeoff: tradeoffOf(model, found, loss, maxLoss),
    withBits,
  };
}
