import type { CompiledSlice } from '../circuit/compile.ts';
import { checkWitness } from '../circuit/witness/check.ts';
import { executeSlice, type SliceSession } from '../execute/session.ts';
import { evaluateOutputs } from '../integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../integer/program.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { extremeInputs, randomInputs, type RandomBytes } from './trial-inputs.ts';

/** What a slice says in three ways: they have to say the same. */
export interface Rehearsed {
  readonly program: IntegerProgram;
  readonly session: SliceSession;
  /** Absent where the slice has no circuit. */
  readonly circuit?: Pick<CompiledSlice, 'r1cs' | 'inputs' | 'outputs' | 'computeWitness'>;
}

/** How many inputs of each sort evaluator and ONNX Runtime are compared on. */
const TRIALS = 64;

/**
 * A witness costs about two microseconds a row: circuits of up to four thousand rows get one for each trial, larger ones
 * as many as this many rows are, which have as many values the more that each of them tries at once.
 */
const WITNESSED_ROWS = 2 ** 19;
const FEWEST_WITNESSES = 4;

/** The rows hold for any challenge; a real one needs the keys. */
const CHALLENGE = { challenge: () => 2n ** 128n + 1n, blinding: 0n };

/**
 * Runs a slice on random inputs and on extreme ones: what the evaluator, ONNX Runtime and the witness give must be the same
 * integers, and the witness must satisfy every row. Zeros alone, or one sample, pass where numbers only grow too wide for
 * what holds them on other inputs. The random ones are nobody's to know beforehand.
 * @returns what differs and for which input; undefined: nothing
 */
export async function rehearse(slice: Rehearsed, randomBytes: RandomBytes): Promise<string | undefined> {
  const rows = slice.circuit?.r1cs.constraints ?? 0;
  const witnesses = Math.max(FEWEST_WITNESSES, Math.floor(WITNESSED_ROWS / (2 * rows)));
  for (let trial = 0; trial < TRIALS; trial++) {
    const tried = trial < witnesses ? slice : { ...slice, circuit: undefined };
    for (const [sort, inputs] of [
      ['random', randomInputs(slice.program, randomBytes)],
      ['extreme', extremeInputs(slice.program, trial, randomBytes)],
    ] as const) {
      const problem = await differenceAt(tried, inputs);
      if (problem !== undefined) return `${sort} input ${trial}: ${problem}`;
    }
  }
  return undefined;
}

/** The same for one input. */
export async function differenceAt(
  { program, session, circuit }: Rehearsed,
  inputs: readonly TensorValues[],
): Promise<string | undefined> {
  try {
    const expected = evaluateOutputs(program, inputs);
    const executed = valueThatDiffers(program, expected, await executeSlice(session, inputs));
    if (executed !== undefined) return `ONNX Runtime: ${executed}`;
    if (circuit === undefined) return undefined;
    const { outputs, values } = circuit.computeWitness({
      inputs,
      inputSalts: circuit.inputs.map(() => 1n),
      outputSalts: circuit.outputs.map(() => 2n),
      tag: 3n,
      challenge: CHALLENGE,
    });
    const witnessed = valueThatDiffers(program, expected, outputs);
    if (witnessed !== undefined) return `its witness: ${witnessed}`;
    const broken = checkWitness(circuit.r1cs, values);
    return broken === undefined ? undefined : `its witness breaks row ${broken} of its circuit`;
  } catch (error) {
    if (!(error instanceof SliceproofError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function valueThatDiffers(
  { outputs, tensors }: IntegerProgram,
  expected: readonly TensorValues[],
  came: readonly TensorValues[],
): string | undefined {
  for (const [i, id] of outputs.entries()) {
    const at = expected[i].findIndex((value, v) => value !== came[i][v]);
    if (at >= 0) {
      return `value ${at} of ${tensors[id].name} is ${came[i][at]}, the program says ${expected[i][at]}`;
    }
  }
  return undefined;
}
