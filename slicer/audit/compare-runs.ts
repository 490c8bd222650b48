import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import type { TensorValues } from '../integer/program.ts';
import { extremeValues, randomValues, type RandomBytes } from './trial-inputs.ts';

/** Where two runs of a slice differ. */
export interface Difference {
  readonly output: number;
  readonly index: number;
  readonly expected: number | undefined;
  readonly given: number | undefined;
}

/** All least, all largest, all zero, and the ends mixed. */
const EXTREME_TRIALS = 4;
const RANDOM_TRIALS = 4;

/** Inputs to try a slice with: at the ends of what its tensors may hold, then random ones. */
export function trialInputs(
  specs: readonly TensorSpec[],
  randomBytes: RandomBytes,
): readonly (readonly TensorValues[])[] {
  return [
    ...Array.from({ length: EXTREME_TRIALS }, (_, turn) =>
      specs.map((spec) => extremeValues(spec, turn, randomBytes)),
    ),
    ...Array.from({ length: RANDOM_TRIALS }, () => specs.map((spec) => randomValues(spec, randomBytes))),
  ];
}

/** The first value that isn't the expected one, or is missing or too many; undefined: all are the same integers. */
export function firstDifference(
  expected: readonly TensorValues[],
  given: readonly TensorValues[],
): Difference | undefined {
  for (let output = 0; output < Math.max(expected.length, given.length); output++) {
    const [wanted, got] = [expected.at(output), given.at(output)];
    for (let index = 0; index < Math.max(wanted?.length ?? 0, got?.length ?? 0, 1); index++) {
      const [a, b] = [wanted?.[index], got?.[index]];
      // What is no number at all is equal to nothing, itself included.
      if (a !== b || wanted === undefined || got === undefined) {
        return { output, index, expected: a, given: b };
      }
    }
  }
  return undefined;
}
