import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BackendName } from '../../groth16/prove/backend.ts';
import { createProverPool, type ProverPool } from '../../groth16/prove/pool.ts';
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
  return name === 'rapidsnark'
    ? openRapidsnark(String(RAPIDSNARK), workers)
    : createProverPool({ workers, backend: name, threads });
}

/** As a node runs it, under a shell that says what it took. Of its memory nothing is told. */
function openRapidsnark(program: string, workers: number): BenchProver {
  const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-bench-'));
  const times = path.join(folder, 'times');
  const pool = createProverPool({
    backend: 'command',
    workers,
    command: [
      '/bin/sh',
      '-c',
      `"$0" "$@" && times >>'${times}'`,
      program,
      ...['{zkey}', '{witness}', '{proof}', '{public}'],
    ],
    timeoutSeconds: 600,
  });
  return {
    async prove(job) {
      const made = await pool.prove(job);
      return { ...made, cpuSeconds: secondsOf(readFileSync(times, 'utf8')), peakRssBytes: 0 };
    },
    async close() {
      await pool.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** User and system seconds of the last shell's children, as its `times` says them in its last line: 0m0.52s 0m0.03s. */
function secondsOf(times: string): number {
  const children = times.trim().split('\n').at(-1) ?? '';
  const spans = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  if (spans.length !== 2) throw new BenchError('BENCH_NO_TIMES', `the shell's \`times\` said ${times}`);
  return spans.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
