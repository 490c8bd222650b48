import { sizeOf } from '../integer/program.ts';
import type { IntegerProgram } from '../integer/program.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { uniformBits } from './bits.ts';
import { lowerGraph } from './lower.ts';
import { observe, type Sample } from './observe.ts';
import { quantise } from './quantise.ts';
import { searchBits } from './search.ts';

export interface QuantiseOptions {
  /** Samples that scales and bit widths are chosen on. */
  readonly calibration: readonly Sample[];
  /** These bits everywhere instead of a search. */
  readonly bits?: { readonly weights: number; readonly activations: number };
  /** Points of top-1 accuracy that may be lost, e.g. 0.5. */
  readonly accuracyBudget: number;
  readonly countConstraints: (program: IntegerProgram) => number;
  /** Called after each step of the search. */
  readonly onStep?: (step: { readonly constraints: number; readonly flips: number }) => void;
}

/** Bits of a model whose output is no choice among classes, so that there is no answer to keep. */
const PLAIN_BITS = { weights: 8, activations: 8 };

/**
 * A changed answer costs at most one right answer, and calibration's estimate of their share is itself
 * uncertain by about as much again.
 */
const FLIPS_PER_LOSS = 0.5;

/**
 * The integer program of a float graph: with the bits given, or the cheapest within the accuracy budget.
 * @throws QuantiseError QUANTISE_*
 */
export async function quantiseGraph(graph: OnnxGraph, options: QuantiseOptions): Promise<IntegerProgram> {
  const model = lowerGraph(graph);
  const observation = observe(model, options.calibration);
  const [output, ...others] = model.outputs.map((id) => model.tensors[id].shape);
  const classifies = others.length === 0 && sizeOf(output) > 1 && sizeOf(output.slice(2)) === 1;
  if (options.bits || !classifies) {
    const { weights, activations } = options.bits ?? PLAIN_BITS;
    return quantise(model, observation, uniformBits(model, weights, activations)).program;
  }
  const best = await searchBits(model, observation, {
    maxFlips: (options.accuracyBudget / 100) * FLIPS_PER_LOSS,
    cost: options.countConstraints,
    onStep: ({ cost, flips }) => options.onStep?.({ constraints: cost, flips }),
  });
  return best.quantised.program;
}
