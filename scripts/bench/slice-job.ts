import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import type { SliceWitness } from '../../slicer/circuit/witness/witness.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import type { IntegerProgram, TensorValues } from '../../slicer/integer/program.ts';
import { openChallenger } from '../../groth16/lookups/challenge.ts';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { cpuSecondsOf } from './benchmark.ts';
import type { ProofJob } from './prover.ts';

/** A slice with keys and a witness, ready to be proved. */
export interface SliceJob extends ProofJob {
  /** Of the second witness: the first one warms the code. */
  readonly witnessCpu: number;
  readonly outputs: readonly TensorValues[];
}

/** Circuit, keys and witness of a slice; the proving key goes into `file`. */
export async function sliceJob(
  name: string,
  program: IntegerProgram,
  mode: CircuitMode,
  inputs: readonly TensorValues[],
  file: string,
): Promise<SliceJob> {
  const { r1cs, computeWitness } = compileSlice(program, { mode });
  const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('bench'));
  const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1 });
  await writeFile(file, provingKey);
  const challenger = await openChallenger(provingKey);
  const request = {
    inputs,
    inputSalts: program.inputs.map(() => 1n),
    outputSalts: program.outputs.map(() => 2n),
    tag: 3n,
  };
  const make = (): SliceWitness => {
    const challenge = challenger?.source(randomBytes);
    return computeWitness({ ...request, ...(challenge ? { challenge } : {}) });
  };
  let { values, outputs } = make();
  const witnessCpu = await cpuSecondsOf(() => {
    ({ values, outputs } = make());
  });
  return { name, provingKey: file, verifyingKey, witness: writeWitness(values), witnessCpu, outputs };
}
