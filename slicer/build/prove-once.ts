import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { compileSlice } from '../circuit/compile.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import type { TensorValues } from '../integer/program.ts';
import type { PlanSlice } from '../plan/plan.ts';
import { openChallenger } from '../../groth16/lookups/challenge.ts';
import { createProverPool } from '../../groth16/prove/pool.ts';
import { verifyProof } from '../../groth16/verify/verify.ts';
import { BuildError } from './errors.ts';
import { sliceFile } from './folder.ts';

/**
 * Proves the trial of one slice with the keys in the folder and verifies the proof: keys that no prover can
 * use are noticed here and not by the first customer.
 * @throws BuildError BUILD_KEYS; ProveError
 */
export async function proveOnce(
  folder: string,
  slice: PlanSlice,
  trial: readonly TensorValues[],
): Promise<void> {
  const { computeWitness } = compileSlice(slice.program, { mode: slice.figures.mode });
  const provingKey = sliceFile(folder, slice.id, 'provingKey');
  const challenger = await openChallenger(await readFile(provingKey));
  const witness = computeWitness({
    inputs: trial,
    inputSalts: slice.inputs.map(() => 1n),
    outputSalts: slice.outputs.map(() => 2n),
    tag: 3n,
    challenge: challenger?.source(randomBytes),
  });
  const pool = createProverPool({ workers: 1 });
  try {
    const { proof } = await pool.prove({
      provingKey,
      witness: writeWitness(witness.values),
    });
    const key: unknown = JSON.parse(await readFile(sliceFile(folder, slice.id, 'verifyingKey'), 'utf8'));
    const verdict = await verifyProof(key, witness.publicSignals.map(String), proof);
    if (!verdict.ok) {
      throw new BuildError(
        'BUILD_KEYS',
        `a proof of ${slice.name} with its new keys is refused: ${verdict.message}`,
        {
          hint: 'This is a fault of sliceproof; please report it with the model.',
        },
      );
    }
  } finally {
    await pool.close();
  }
}
