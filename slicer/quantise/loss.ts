import { sizeOf } from '../integer/program.ts';
import { formatShape } from '../onnx/index.ts';
import { QuantiseError } from './errors.ts';
import { estimateFlips, seenFlips } from './flips.ts';
import type { FloatModel } from './float-model.ts';
import type { Sample } from './observation.ts';

/** What a model's output is for: a choice among classes, by the largest score, or numbers. */
export const TASKS = ['classify', 'regress'] as const;
export type Task = (typeof TASKS)[number];

/** What a model gives for samples. */
interface Answers {
  readonly outputs: readonly Sample[];
  /** Where the output is what Softmax makes of scores: those. */
  readonly scores?: readonly Float64Array[];
}

/** How far quantised outputs are from the float model's: what the search for bits keeps small. */
export interface Loss {
  readonly kind: 'answers' | 'error';
  /** @returns a share, 0 when nothing is lost */
  readonly of: (float: Answers, quantised: Answers) => number;
  /** The largest share that a budget in points allows. */
  readonly limit: (points: number) => number;
}

/**
 * A changed answer costs at most one right answer, and calibration's estimate of their share is itself
 * uncertain by about as much again.
 */
const FLIPS_PER_LOSS = 0.5;

/** Calibration is what scales and biases are fitted to: on other samples the error is a little larger. */
const SHARE_OF_ERROR = 0.8;

/**
 * What a model is taken to be for: what the user says; else one output with one number a class may be scores, and
 * anything else is a set of numbers.
 * @throws QuantiseError QUANTISE_TASK: scores are expected where there can be none
 */
export function taskOf({ outputs, tensors }: FloatModel, told?: Task): Task {
  const [output, ...others] = outputs.map((id) => tensors[id].shape);
  const mayClassify = others.length === 0 && sizeOf(output) > 1 && sizeOf(output.slice(2)) === 1;
  if (told === 'classify' && !mayClassify) {
    const got = outputs.map((id) => formatShape(tensors[id].shape)).join(' and ');
    throw new QuantiseError(
      'QUANTISE_TASK',
      `expected one output with a score for each class, got ${got}: that is no choice among classes`,
      { hint: 'Leave --task out, or say --task regress.' },
    );
  }
  return told ?? (mayClassify ? 'classify' : 'regress');
}

export function lossOf(model: FloatModel, told?: Task): Loss {
  if (taskOf(model, told) === 'regress') {
    return {
      kind: 'error',
      of: (float, quantised) => relativeError(float.outputs, quantised.outputs),
      limit: (points) => (points / 100) * SHARE_OF_ERROR,
    };
  }
  return { kind: 'answers', of: flips, limit: (points) => (points / 100) * FLIPS_PER_LOSS };
}

/**
 * Of shares, errors and margins go together: where one is nearly all, both the others and what they are off by are next to
 * nothing, which says nothing of the samples that are undecided. The scores that Softmax made them of are compared instead,
 * and never fewer changes are reckoned with than are seen.
 */
function flips(float: Answers, quantised: Answers): number {
  const [outputs, got] = [float, quantised].map((answers) => answers.outputs.map(([tensor]) => tensor));
  if (!outputs.every(areShares)) return estimateFlips(outputs, got);
  const estimated = estimateFlips(float.scores ?? outputs, quantised.scores ?? got);
  return Math.max(estimated, seenFlips(outputs, got));
}

/** Whether numbers are shares of one, as Softmax gives them. */
function areShares(values: Float64Array): boolean {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3;
}

/** The mean error as a share of what the float model's output ranges over; of several outputs the worst. */
export function relativeError(float: readonly Sample[], quantised: readonly Sample[]): number {
  return Math.max(
    ...float[0].map((_, output) => {
      let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
      float.forEach((sample, s) => {
        const got = quantised[s][output];
        sample[output].forEach((value, i) => {
          low = Math.min(low, value);
          high = Math.max(high, value);
          sum += Math.abs(value - got[i]);
          count++;
        });
      });
      return sum === 0 ? 0 : sum / count / (high - low || Math.abs(high) || 1);
    }),
  );
}
