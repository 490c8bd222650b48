import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, rounded, type Benchmark } from './benchmark.ts';
import { mebibytes, proveByTurns } from './by-turns.ts';
import { inputsOf } from './programs.ts';
import { sliceProgram } from './slice-circuit.ts';
import { sliceJob } from './slice-job.ts';

const POWERS = [12, 14, 16];
const THREADS = [1, 2, 4];
const ROUNDS = 7;

/** One proof at a time by one, two and four threads of a process, in turns. */
export const threads: Benchmark = {
  name: 'threads',
  title: 'One proof by several threads',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const rows: (string | number)[][] = [];
    try {
      for (const power of POWERS) {
        log(`2^${power}: circuit and keys`);
        const program = sliceProgram(power);
        const file = path.join(folder, `${power}.zkey`);
        const { verifyingKey, witness } = await sliceJob(
          `2^${power}`,
          program,
          'bits',
          inputsOf(program),
          file,
        );
        const measured = await proveByTurns(
          { keyFile: file, verifyingKey, witness, rounds: ROUNDS },
          (line) => log(`2^${power}: ${line}`),
          THREADS.map((count) => ({ backend: 'native-js', threads: count })),
        );
        const wall = measured.map(({ warm }) => median(warm.map(({ proveSeconds }) => proveSeconds)));
        measured.forEach(({ threads: count = 1, first, warm }, index) =>
          rows.push([
            `2^${power}`,
            count,
            rounded(wall[index], 3),
            rounded(wall[0] / wall[index], 2),
            rounded(median(warm.map(({ cpuSeconds }) => cpuSeconds)), 3),
            rounded(first.proveSeconds, 2),
            mebibytes(Math.max(...warm.map(({ peakRssBytes }) => peakRssBytes))),
          ]),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    return {
      about:
        'The slices of “Proving” by native-js, in turns by one, two and four threads of one worker process, every proof verified. Medians of ' +
        'warm proofs; the first proof also reads the key and starts the threads. Wall time, so of a machine that does nothing else.',
      columns: ['domain', 'threads', 'wall s', 'times one thread', 'CPU s', 'first wall s', 'peak MiB'],
      rows,
    };
  },
};
