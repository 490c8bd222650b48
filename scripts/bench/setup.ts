import { z } from 'zod';
import { rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inFreshProcess } from './fresh.ts';

const answerSchema = z.object({
  rows: z.number(),
  cpu: z.number(),
  seconds: z.number(),
  keyBytes: z.number(),
  peakBytes: z.number(),
});

/** The development setup of circuits of several sizes, each in a fresh process. */
export const setup: Benchmark = {
  name: 'setup',
  title: 'Development setup',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    for (const power of [12, 14, 16, 17, 18]) {
      log(`2^${power}`);
      const run = await inFreshProcess('./setup-once.ts', { power }, answerSchema);
      rows.push([
        `2^${power}`,
        run.rows,
        rounded(run.cpu, 1),
        rounded(run.seconds, 1),
        rounded(run.keyBytes / 2 ** 20, 1),
        rounded(run.peakBytes / 2 ** 20, 0),
      ]);
    }
    return {
      about:
        'Proving and verifying key of a 3×3 convolution with ReLU, on as many threads as the machine has.',
      columns: ['domain', 'constraints', 'CPU s', 'wall s', 'key MiB', 'peak MiB'],
      rows,
    };
  },
};
