import type { IntegerProgram } from '../integer/program.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { uniformBits, type BitChoice } from './bits.ts';
import { expectSame, foreignTensors, type RunTensors } from './check-rewriting.ts';
import { QuantiseError } from './errors.ts';
import type { FloatModel } from './float-model.ts';
import { lossOf, taskOf, type Task } from './loss.ts';
import { lowerGraph } from './lower.ts';
import { boundComputedMasks } from './computed-masks.ts';
import { boundMasks } from './masks.ts';
import type { Observation, Sample } from './observation.ts';
import { expectSamples, observe } from './observe.ts';
import { quantise, type RunOperator } from './quantise.ts';
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
  /** What the output is for; where it is left out, see {@link taskOf}. */
  readonly task?: Task;
  /** Runs the float model, which the rewritten one is compared with. */
  readonly runTensors?: RunTensors;
  /** Runs operators without a proof. */
  readonly runOperator?: RunOperator;
  /** Called after each step of the search. */
  readonly onStep?: (step: { readonly constraints: number; readonly loss: number }) => void;
}

export interface QuantisedGraph {
  readonly program: IntegerProgram;
  /** What the output was taken to be for. */
  readonly task: Task;
  /** Where bits were searched for: what others would have cost. */
  readonly tradeoff?: Tradeoff;
  /** The program with other bits. */
  readonly withBits: (bits: BitChoice) => Promise<IntegerProgram>;
}

/**
 * The integer program of a float graph: with the bits given, or the cheapest within the accuracy budget.
 * @throws QuantiseError QUANTISE_*
 */
export async function quantiseGraph(graph: OnnxGraph, options: QuantiseOptions): Promise<QuantisedGraph> {
  const lowered = lowerGraph(graph);
  const task = taskOf(lowered, options.task);
  const { model, observation } = await checkedObservation(graph, lowered, options);
  const run = options.runOperator;
  const withBits = async (bits: BitChoice): Promise<IntegerProgram> =>
    (await quantise(model, observation, bits, run)).program;
  if (options.bits) {
    const { weights, activations } = options.bits;
    return { program: await withBits(uniformBits(model, weights, activations)), task, withBits };
  }
  const loss = lossOf(model, task);
  const maxLoss = loss.limit(options.accuracyBudget);
  const found = await searchBits(model, observation, {
    loss,
    maxLoss,
    cost: options.countConstraints,
    run,
    onStep: (step) => options.onStep?.({ constraints: step.cost, loss: step.loss }),
  });
  return {
    program: found.best.quantised.program,
    task,
    tradeoff: tradeoffOf(model, found, loss, maxLoss),
    withBits,
  };
}

/** The model with its masks bounded, and what it does on the calibration samples: what the file's does. */
async function checkedObservation(
  graph: OnnxGraph,
  lowered: FloatModel,
  { calibration, runTensors }: QuantiseOptions,
): Promise<{ readonly model: FloatModel; readonly observation: Observation }> {
  expectSamples(lowered, calibration);
  const foreign = foreignTensors(lowered);
  if (runTensors === undefined) {
    const model = bounded(lowered, calibration, []);
    if (foreign.length === 0) return { model, observation: observe(model, calibration) };
    throw new QuantiseError(
      'QUANTISE_UNSUPPORTED_OPERATOR',
      `the model has operators that can't be proved, and nothing runs them: ${foreign.join(', ')}`,
    );
  }
  const outputs = graph.outputs.map(({ name }) => name);
  const known = await runTensors([...foreign, ...outputs], calibration);
  const seen = known.map((sample) => sample.slice(0, foreign.length));
  const model = bounded(lowered, calibration, seen);
  const observation = observe(model, calibration, seen);
  const expected = known.map((sample) => sample.slice(foreign.length));
  await expectSame(graph, model, observation, expected, runTensors);
  return { model, observation };
}

/** With masks as small as they have to be, computed ones before what constants add to them. */
function bounded(model: FloatModel, samples: readonly Sample[], foreign: readonly Sample[]): FloatModel {
  return boundMasks(boundComputedMasks(model, samples, foreign), samples, foreign);
}
