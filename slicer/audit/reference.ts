import { evaluateOutputs } from '../integer/evaluate.ts';
import type { IntegerProgram } from '../integer/program.ts';
import { referenceOutputs } from '../reference/reference.ts';
import { extremeInputs, randomInputs, type RandomBytes } from './trial-inputs.ts';

/** Of each sort; a run takes about as long as compiling does. */
const TRIALS = 2;

/**
 * Whether the statement, compiled a second time by other means, has the outputs that the evaluator has, and with it, by the
 * rehearsal, the circuit's witness: on random inputs, and on all least and all largest ones.
 * @returns what differs and for which input; undefined: nothing
 */
export function referenceProblem(program: IntegerProgram, randomBytes: RandomBytes): string | undefined {
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const [sort, inputs] of [
      ['random', randomInputs(program, randomBytes)],
      ['extreme', extremeInputs(program, trial, randomBytes)],
    ] as const) {
      const stated = referenceOutputs(program, inputs);
      if (stated === undefined) return `${sort} input ${trial}: a row of the reference doesn't hold`;
      const expected = evaluateOutputs(program, inputs);
      for (const [i, id] of program.outputs.entries()) {
        const at = expected[i].findIndex((value, v) => value !== stated[i][v]);
        if (at < 0) continue;
        return `${sort} input ${trial}: value ${at} of ${program.tensors[id].name} is ${stated[i][at]}, the program says ${expected[i][at]}`;
      }
    }
  }
  return undefined;
}
