import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseProof, parsePublicWires } from '../../groth16/formats/proof.ts';
import type { BackendName } from '../../groth16/prove/backend.ts';
import { createProverPool, type MeasuredProof, type ProverPool } from '../../groth16/prove/pool.ts';
import type { ProveJob } from '../../groth16/prove/prover-pool.ts';
import { BenchError } from './errors.ts';

/**
 * The program `prover` of rapidsnark (https://github.com/iden3/rapidsnark), built without OpenMP by whoever runs the bench and named by
 * SLICEPROOF_BENCH_RAPIDSNARK. Nothing is measured of it where none is named.
 */
const RAPIDSNARK = process.env.SLICEPROOF_BENCH_RAPIDSNARK;

/** Who proves in a bench. */
export type ProverName = BackendName | 'rapidsnark';

/** What this project is compared with, and its own. The ratios of a bench are to the first. */
export const PROVERS: readonly ProverName[] = [
  'snarkjs',
  'native-js',
  ...(RAPIDSNARK === undefined ? [] : ['rapidsnark' as const]),
];

/** What a bench's page says of it. */
export const ABOUT_RAPIDSNARK =
  RAPIDSNARK === undefined
    ? 'rapidsnark was not run.'
    : 'rapidsnark (assembly, one thread) is started for each proof and reads its key each time, as its program does.';

export type BenchProver = Pick<ProverPool, 'prove' | 'close'>;

/** @param workers processes that prove at once @param threads of each proof; of native-js alone */
export function openProver(name: ProverName, { workers = 1, threads = 1 } = {}): BenchProver {
  if (name !== 'rapidsnark') return createProverPool({ workers, backend: name, threads });
  return { prove: proveByRapidsnark, close: () => Promise.resolve() };
}

const run = promisify(execFile);

/** Peak memory isn't asked for: 0. @throws BenchError BENCH_NO_TIMES */
async function proveByRapidsnark({ provingKey, witness }: ProveJob): Promise<MeasuredProof> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
  try {
    const of = (name: string): string => path.join(folder, name);
    const zkey = typeof provingKey === 'string' ? provingKey : of('key.zkey');
    if (typeof provingKey !== 'string') await writeFile(zkey, provingKey);
    await writeFile(of('witness.wtns'), witness);
    const started = performance.now();
    const files = [zkey, of('witness.wtns'), of('proof.json'), of('public.json')];
    // The shell tells what its children took: the second line, to the hundredth of a second.
    const timed = ['-c', '"$0" "$@" >&2 && times', String(RAPIDSNARK), ...files];
    const { stdout } = await run('/bin/sh', timed);
    const proveSeconds = (performance.now() - started) / 1000;
    const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(of(name), 'utf8'));
    return {
      proof: parseProof(await read('proof.json')),
      publicSignals: parsePublicWires(await read('public.json')),
      proveSeconds,
      cpuSeconds: secondsOf(stdout),
      peakRssBytes: 0,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** User and system seconds of a shell's children, as its `times` says them: 0m0.52s 0m0.03s. */
function secondsOf(times: string): number {
  const [, children = ''] = times.trim().split('\n');
  const spans = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  if (spans.length !== 2) throw new BenchError('BENCH_NO_TIMES', `the shell's \`times\` said ${times}`);
  return spans.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
