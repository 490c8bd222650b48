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
      for (const [label, policy] of [
        ['stated', 'never'],
        ['checked', 'wherever possible'],
        ['by cost', 'by cost'],
      ]) {
        log(`${name}, ${label}`);
        const run = await inFreshProcess('./compile-once.ts', { program, products: policy }, compiledSchema);
        const check = run.parts.find((part) => part.name === 'product checks')?.rows ?? 0;
        rows.push([
          name,
          label,
          run.rows,
          check,
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
        'Rows of the whole slice, boundaries included, and those of the product checks with their challenge. Terms of A ' +
        'and B cost every proof; terms of C the compiler and the setup.',
      columns: [
        'operator',
        'proved',
        'rows',
        'of them checks',
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
