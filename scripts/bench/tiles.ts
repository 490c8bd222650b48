import { z } from 'zod';
import { rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inFreshProcess } from './fresh.ts';

const SIZES = { channels: 64, filters: 64, height: 32, width: 32 };

const answerSchema = z.object({
  modes: z.string(),
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
    for (const cut of [
      'planned',
      { rows: 1, mode: 'lookups' },
      { rows: 2, mode: 'lookups' },
      { rows: 4, mode: 'lookups' },
      { rows: 2, mode: 'bits' },
    ] as const) {
      const tileRows = cut === 'planned' ? 'as planned' : cut.rows;
      log(`${cut === 'planned' ? 'auto' : cut.mode}, ${tileRows} rows a tile`);
      const run = await inFreshProcess('./tiles-once.ts', { ...SIZES, cut }, answerSchema);
      const activations = SIZES.filters * SIZES.height * SIZES.width;
      rows.push([
        run.modes,
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
        'outputs, with a row of neighbours on either side. The first line has the tiles that the planner makes for slices of a domain of ' +
        '2^16, each in the mode that is proved soonest, and its CPU includes planning. All tiles counted, compiled and written in one fresh process ' +
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
