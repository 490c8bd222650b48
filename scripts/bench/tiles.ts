import { z } from 'zod';
import { rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inFreshProcess } from './fresh.ts';

const SIZES = { channels: 64, filters: 64, height: 32, width: 32 };

const answerSchema = z.object({
  tiles: z.number(),
  constraints: z.number(),
  qapRows: z.number(),
  largest: z.number(),
  fileBytes: z.number(),
  cpu: z.number(),
  peakBytes: z.number(),
});

/** A large convolution in tiles of rows: what the slices of a ResNet's layer take. */
export const tiles: Benchmark = {
  name: 'tiles',
  title: 'A convolution of 37.7 million multiply-adds, in tiles',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    for (const [mode, tileRows] of [
      ['lookups', 1],
      ['lookups', 2],
      ['lookups', 4],
      ['bits', 2],
    ] as const) {
      log(`${mode}, ${tileRows} rows a tile`);
      const request = { ...SIZES, rows: tileRows, mode };
      const run = await inFreshProcess('./tiles-once.ts', request, answerSchema);
      const activations = SIZES.filters * SIZES.height * SIZES.width;
      rows.push([
        mode,
        tileRows,
        run.tiles,
        run.constraints,
        run.qapRows,
        rounded(run.qapRows / activations, 1),
        run.largest,
        rounded(run.cpu, 1),
        rounded(run.fileBytes / 2 ** 20, 0),
        rounded(run.peakBytes / 2 ** 20, 0),
      ]);
    }
    return {
      about:
        '64 → 64 channels, 3×3 over 32 × 32, ReLU and rescale to 8 bits, each tile a slice that commits its inputs and ' +
        'outputs, with a row of neighbours on either side. All tiles counted, compiled and written in one fresh process ' +
        'each line. Rows of the QAP are the constraints and one for each signal and committed wire.',
      columns: [
        'mode',
        'rows a tile',
        'tiles',
        'constraints',
        'QAP rows',
        'QAP rows an activation',
        'largest tile',
        'compile CPU s',
        '.r1cs MiB',
        'peak MiB',
      ],
      rows,
    };
  },
};
