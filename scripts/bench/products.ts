import { rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { compiledSchema } from './compile.ts';
import { inFreshProcess } from './fresh.ts';

const convolution = (channels: number, height: number, width: number) => ({
  name: `conv ${channels} → ${channels}, 3×3, ${height} × ${width}`,
  program: { kind: 'convolution', sizes: { channels, filters: channels, height, width } },
});
const matrices = (height: number, inner: number, width: number) => ({
  name: `matmul ${height}×${inner} by ${inner}×${width}`,
  program: { kind: 'matrices', height, inner, width },
});

/** Operators stated outright and checked by products. */
export const products: Benchmark = {
  name: 'products',
  title: 'Product checks',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    for (const { name, program } of [
      convolution(16, 4, 16),
      convolution(64, 2, 32),
      convolution(256, 2, 4),
      matrices(32, 32, 32),
      matrices(64, 64, 64),
      matrices(64, 256, 64),
    ]) {
      for (const [label, mode, policy] of [
        ['stated', 'bits', 'never'],
        ['checked', 'bits', 'wherever possible'],
        ['stated', 'lookups', 'never'],
        ['checked', 'lookups', 'wherever possible'],
      ]) {
        log(`${name}, ${label}, ${mode}`);
        const request = { program, mode, products: policy };
        const run = await inFreshProcess('./compile-once.ts', request, compiledSchema);
        rows.push([
          name,
          mode,
          label,
          run.qapRows,
          run.terms.a + run.terms.b,
          run.terms.c,
          rounded(run.compileCpu, 2),
          rounded(run.peakBytes / 2 ** 20, 0),
          rounded(run.witnessCpu, 3),
        ]);
      }
    }
    return {
      about:
        'Rows of the whole slice, boundaries included, each operator stated outright or checked by products; a build takes ' +
        'what is cheaper. Terms of A and B cost every proof; terms of C the compiler and the setup.',
      columns: [
        'operator',
        'mode',
        'proved',
        'QAP rows',
        'A and B terms',
        'C terms',
        'compile CPU s',
        'peak MiB',
        'witness CPU s',
      ],
      rows,
    };
  },
};
