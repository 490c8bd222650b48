import { createProverPool } from '../../groth16/prove/pool.ts';
import type { MeasuredProof, ProverPool } from '../../groth16/prove/pool.ts';
import type { BackendName } from '../../groth16/prove/backend.ts';
import { createProofVerifier } from '../../groth16/verify/verify.ts';
import { BenchError } from './errors.ts';

/** What this project is compared with, and its own. */
export const BACKENDS = ['snarkjs', 'native-js'] as const satisfies readonly BackendName[];

export interface Measured {
  readonly backend: BackendName;
  /** Reads the key, too. */
  readonly first: MeasuredProof;
  readonly warm: readonly MeasuredProof[];
}

export interface Job {
  readonly keyFile: string;
  readonly verifyingKey: unknown;
  readonly witness: Uint8Array;
  readonly rounds: number;
}

/**
 * One witness proved again and again, the backends in turns, each in one worker process on one thread, each proof verified.
 *
 * @throws BenchError BENCH_PROOF
 */
export async function proveByTurns(
  { keyFile, verifyingKey, witness, rounds }: Job,
  log: (line: string) => void,
): Promise<readonly Measured[]> {
  const verifier = await createProofVerifier(verifyingKey);
  const prove = async (pool: ProverPool, backend: BackendName): Promise<MeasuredProof> => {
    const made = await pool.prove({ provingKey: keyFile, witness });
    const verdict = verifier.verify(made.publicSignals, made.proof);
    if (!verdict.ok)
      throw new BenchError('BENCH_PROOF', `a proof by ${backend} is refused: ${verdict.message}`);
    log(`${backend} ${made.cpuSeconds.toFixed(2)} CPU s, ${mebibytes(made.peakRssBytes)} MiB`);
    return made;
  };
  const pools = BACKENDS.map((backend) => ({ backend, pool: createProverPool({ workers: 1, backend }) }));
  try {
    const measured: {
      backend: BackendName;
      first: MeasuredProof;
      warm: MeasuredProof[];
      pool: ProverPool;
    }[] = [];
    for (const { backend, pool } of pools) {
      measured.push({ backend, pool, first: await prove(pool, backend), warm: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { backend, pool, warm } of measured) warm.push(await prove(pool, backend));
    }
    return measured;
  } finally {
    await Promise.all(pools.map(({ pool }) => pool.close()));
  }
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
