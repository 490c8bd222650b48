import { dequantiseTensor, type AccuracyReport } from '../../protocol/manifest.ts';
import { openEvaluator } from '../execute/evaluator.ts';
import type { Sample } from '../../protocol/samples.ts';
import { sizeOf, type IntegerProgram } from '../integer/program.ts';
import { argmax } from '../quantise/flips.ts';
import type { Task } from '../quantise/loss.ts';
import { BuildError } from './errors.ts';
import type { FloatRuntime } from './float-runtime.ts';
import { quantiseSample } from './quantise-sample.ts';

/** Values of all tensors of the samples that are evaluated together, 32 MiB, and how many of these at most. */
const MOST_VALUES = 2 ** 22;
const MOST_SAMPLES = 64;

/** Samples that calibration did not see. */
export interface HeldOut {
  readonly inputs: readonly Sample[];
  /** The right class of each; without them the float model's answer counts as right. */
  readonly labels?: ArrayLike<number>;
}

/** What held-out samples say. */
export interface Accuracy extends AccuracyReport {
  /** The mean error as a share of what the float model's output ranges over, of several outputs the largest. */
  readonly relativeError: number;
}

/**
 * Compares the integer program with the float model on samples of which calibration saw none. Errors are
 * over all output values; an answer is the position of the largest value of the first output.
 * @throws BuildError BUILD_LABELS, BUILD_SAMPLE_SHAPE
 */
export async function measureAccuracy(
  float: FloatRuntime,
  program: IntegerProgram,
  { inputs, labels }: HeldOut,
  onProgress: (share: number) => void = () => undefined,
): Promise<Accuracy> {
  if (inputs.length === 0 || (labels && labels.length !== inputs.length)) {
    throw new BuildError(
      'BUILD_LABELS',
      `expected held-out samples with one label each, got ${inputs.length} samples and ${labels?.length ?? 0} labels`,
    );
  }
  const ranges = program.outputs.map(() => ({ low: Infinity, high: -Infinity, sum: 0, count: 0 }));
  let [rightFloat, rightQuantised, agreed, errorSum, errorMax, compared] = [0, 0, 0, 0, 0, 0];
  const evaluator = openEvaluator();
  try {
    const together = samplesTogether(program);
    let quantised: readonly (readonly Float64Array[])[] = [];
    for (const [i, sample] of inputs.entries()) {
      const expected = await float.run(sample);
      if (i % together === 0) {
        const some = inputs.slice(i, i + together).map((each) => quantiseSample(program, each));
        quantised = (await evaluator.evaluateAll(program, some)).map((values) =>
          program.outputs.map((id) => dequantiseTensor(program.tensors[id], values[id])),
        );
      }
      const got = quantised[i % together];
      const [floatAnswer, answer] = [argmax(expected[0]), argmax(got[0])];
      const label = labels ? labels[i] : floatAnswer;
      if (floatAnswer === label) rightFloat++;
      if (answer === label) rightQuantised++;
      if (answer === floatAnswer) agreed++;
      expected.forEach((output, o) =>
        output.forEach((value, at) => {
          const error = Math.abs(value - got[o][at]);
          errorSum += error;
          const range = ranges[o];
          range.low = Math.min(range.low, value);
          range.high = Math.max(range.high, value);
          range.sum += error;
          range.count++;
          errorMax = Math.max(errorMax, error);
          compared++;
        }),
      );
      if (i % 50 === 0) onProgress(i / inputs.length);
    }
  } finally {
    await evaluator.close();
  }
  return {
    samples: inputs.length,
    top1Float: rightFloat / inputs.length,
    top1Quantised: rightQuantised / inputs.length,
    top1Agreement: agreed / inputs.length,
    meanError: errorSum / compared,
    maxError: errorMax,
    relativeError: Math.max(
      ...ranges.map(({ low, high, sum, count }) =>
        sum === 0 ? 0 : sum / count / (high - low || Math.abs(high) || 1),
      ),
    ),
  };
}

/** How many samples' tensors are in memory at a time. */
function samplesTogether({ tensors }: IntegerProgram): number {
  const size = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return Math.min(MOST_SAMPLES, Math.max(1, Math.floor(MOST_VALUES / size)));
}

/**
 * What may be lost isn't lost, on samples that nothing was chosen by. Of few samples one answer is more than the budget:
 * one is allowed, since fewer can't be told from none.
 * @param budget points of top-1 accuracy, or of mean error in hundredths of the output's range
 * @throws BuildError BUILD_ACCURACY
 */
export function expectWithinBudget(
  { samples, top1Float, top1Quantised, relativeError }: Accuracy,
  task: Task,
  budget: number,
): void {
  const classes = task === 'classify';
  const lost = 100 * (classes ? top1Float - top1Quantised : relativeError);
  const allowed = classes ? Math.max(budget, 100 / samples) : budget;
  if (lost <= allowed + 1e-9) return;
  const what = classes ? 'points of top-1 accuracy' : 'hundredths of the output’s range as mean error';
  throw new BuildError(
    'BUILD_ACCURACY',
    `${lost.toFixed(2)} ${what} are lost on ${samples} held-out samples, ${budget} may be`,
    {
      hint: `Calibrate on more samples, and on such as are held out; or give --budget-accuracy another number, or --bits.`,
      details: { lost, budget, samples },
    },
  );
}
