import { z } from 'zod';
import { median, rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inFreshProcess } from './fresh.ts';

const ROUNDS = 3;

/** What compile-once.ts answers. */
export const compiledSchema = z.object({
  rows: z.number(),
  qapRows: z.number(),
  terms: z.object({ a: z.number(), b: z.number(), c: z.number() }),
  bytes: z.number(),
  countCpu: z.number(),
  compileCpu: z.number(),
  againCpu: z.number(),
  witnessCpu: z.number(),
  peakBytes: z.number(),
});

const thin = [14, 15, 16, 17, 18, 20].map((power) => ({
  name: `4 → 4 channels, 2^${power}`,
  program: { kind: 'slice', power },
}));
const dense = [2, 8, 32].map((height) => ({
  name: `64 → 64 channels, ${height} × 32`,
  program: { kind: 'convolution', sizes: { channels: 64, filters: 64, height, width: 32 } },
}));

/** Counting, compiling and writing circuits of several sizes, each in a fresh process. */
export const compile: Benchmark = {
  name: 'compile',
  title: 'Compiling',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    for (const { name, program } of [...thin, ...dense]) {
      log(name);
      const runs: z.infer<typeof compiledSchema>[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const request = { program, products: 'by cost' };
        runs.push(await inFreshProcess('./compile-once.ts', request, compiledSchema));
      }
      const [{ rows: constraints, terms, bytes }] = runs;
      const of = (pick: (run: (typeof runs)[0]) => number): number => median(runs.map(pick));
      const cpu = of(({ compileCpu }) => compileCpu);
      rows.push([
        name,
        constraints,
        terms.a + terms.b + terms.c,
        rounded(cpu, 2),
        Math.round(constraints / cpu),
        Math.round(constraints / of(({ againCpu }) => againCpu)),
        rounded(bytes / 2 ** 20, 0),
        rounded(of(({ peakBytes }) => peakBytes) / 2 ** 20, 0),
        rounded(
          of(({ countCpu }) => countCpu),
          3,
        ),
        rounded(
          of(({ witnessCpu }) => witnessCpu),
          3,
        ),
      ]);
    }
    return {
      about:
        'A 3×3 convolution with ReLU over 8-bit values, compiled and its .r1cs written, in a fresh process each: ' +
        'nothing is warm, and the constants of Poseidon are worked out; and once more in the same process, as the slices of ' +
        'a model are. CPU seconds, medians. A process without a circuit takes about 100 MiB.',
      columns: [
        'circuit',
        'constraints',
        'terms',
        'CPU s',
        'constraints / CPU s',
        'the second time',
        '.r1cs MiB',
        'peak MiB',
        'count CPU s',
        'witness CPU s',
      ],
      rows,
    };
  },
};
