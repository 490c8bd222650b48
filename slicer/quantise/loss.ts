import { sizeOf } from '../integer/program.ts';
import { estimateFlips } from './flips.ts';
import type { FloatModel } from './float-model.ts';
import type { Sample } from './observation.ts';

/** How far quantised outputs are from the float model's: what the search for bits keeps small. */
export interface Loss {
  readonly kind: 'answers' | 'error';
  /** @returns a share, 0 when nothing is lost */
  readonly of: (float: readonly Sample[], quantised: readonly Sample[]) => number;
  /** The largest share that a budget in points allows. */
  readonly limit: (points: number) => number;
}

/**
 * A changed answer costs at most one right answer, and calibration's estimate of their share is itself
 * uncertain by about as much again.
 */
const FLIPS_PER_LOSS = 0.5;

/** One output with one score a class: what counts is which is largest. Anything else is a set of numbers. */
export function lossOf(model: FloatModel): Loss {
  const [output, ...others] = model.outputs.map((id) => model.tensors[id].shape);
  const classifies = others.length === 0 && sizeOf(output) > 1 && sizeOf(output.slice(2)) === 1;
  if (!classifies) return { kind: 'error', of: relativeError, limit: (points) => points / 100 };
  return {
    kind: 'answers',
    of: (float, quantised) =>
      estimateFlips(
        float.map(([scores]) => scores),
        quantised.map(([scores]) => scores),
      ),
    limit: (points) => (points / 100) * FLIPS_PER_LOSS,
  };
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
