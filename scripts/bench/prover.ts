import type { MeasuredProof } from '../../groth16/prove/pool.ts';
import { createProofVerifier } from '../../groth16/verify/verify.ts';
import { BenchError } from './errors.ts';
import { openProver, type ProverName } from './provers.ts';

/** A circuit ready to be proved. */
export interface ProofJob {
  readonly name: string;
  /** The .zkey file. */
  readonly provingKey: string;
  readonly verifyingKey: unknown;
  /** The .wtns file's bytes. */
  readonly witness: Uint8Array;
}

/**
 * Warm proofs of every job by one worker process, one job after the other, each proof verified.
 * @returns by job
 */
export async function warmProofs(
  jobs: readonly ProofJob[],
  backend: ProverName,
  rounds: number,
): Promise<readonly (readonly MeasuredProof[])[]> {
  const pool = openProver(backend);
  try {
    const measured: MeasuredProof[][] = [];
    for (const { name, provingKey, verifyingKey, witness } of jobs) {
      const verifier = await createProofVerifier(verifyingKey);
      const proofs: MeasuredProof[] = [];
      for (let round = 0; round <= rounds; round++) {
        const made = await pool.prove({ provingKey, witness });
        const verdict = verifier.verify(made.publicSignals, made.proof);
        if (!verdict.ok) {
          throw new BenchError(
            'BENCH_PROOF',
            `a proof of ${name} by ${backend} is refused: ${verdict.message}`,
          );
        }
        if (round > 0) proofs.push(made);
      }
      measured.push(proofs);
    }
    return measured;
  } finally {
    await pool.close();
  }
}
