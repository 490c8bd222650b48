import type { MeasuredProof } from '../../groth16/prove/pool.ts';
import { createProofVerifier } from '../../groth16/verify/verify.ts';
import { BenchError } from './errors.ts';
import { openProver, PROVERS, type BenchProver, type ProverName } from './provers.ts';

/** What proves, in one worker process of its own. */
export interface Variant {
  readonly backend: ProverName;
  /** Default: 1. */
  readonly threads?: number;
}

export interface Measured extends Variant {
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
 * One witness proved again and again, in turns by each variant, each in one worker process, each proof verified.
 *
 * @throws BenchError BENCH_PROOF
 */
export async function proveByTurns(
  { keyFile, verifyingKey, witness, rounds }: Job,
  log: (line: string) => void,
  variants: readonly Variant[] = PROVERS.map((backend) => ({ backend })),
): Promise<readonly Measured[]> {
  const verifier = await createProofVerifier(verifyingKey);
  const prove = async (pool: BenchProver, { backend, threads = 1 }: Variant): Promise<MeasuredProof> => {
    const made = await pool.prove({ provingKey: keyFile, witness });
    const verdict = verifier.verify(made.publicSignals, made.proof);
    if (!verdict.ok)
      throw new BenchError('BENCH_PROOF', `a proof by ${backend} is refused: ${verdict.message}`);
    log(
      `${backend}${threads > 1 ? ` of ${threads} threads` : ''} ${made.cpuSeconds.toFixed(2)} CPU s, ${mebibytes(made.peakRssBytes)} MiB`,
    );
    return made;
  };
  const pools = variants.map((variant) => ({ variant, pool: openProver(variant.backend, variant) }));
  try {
    const measured: (Measured & { readonly warm: MeasuredProof[]; readonly pool: BenchProver })[] = [];
    for (const { variant, pool } of pools) {
      measured.push({ ...variant, pool, first: await prove(pool, variant), warm: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { pool, warm, ...variant } of measured) warm.push(await prove(pool, variant));
    }
    return measured;
  } finally {
    await Promise.all(pools.map(({ pool }) => pool.close()));
  }
}

/** Nothing where it wasn't measured. */
export function mebibytes(bytes: number): number | '' {
  return bytes === 0 ? '' : Math.round(bytes / 2 ** 20);
}
