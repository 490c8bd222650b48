// Compiles a convolution tile by tile in a process of its own and says what that took.
import { z } from 'zod';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { circuitSize } from '../../slicer/circuit/count.ts';
import { writeR1cs } from '../../slicer/formats/r1cs-file.ts';
import { peakMemoryBytes } from '../../slicer/prove/peak-memory.ts';
import { cpuSecondsOf } from './benchmark.ts';
import { answerFresh } from './fresh.ts';
import { convolutionTile } from './programs.ts';

const size = z.number().int().positive();
const requestSchema = z.strictObject({
  channels: size,
  filters: size,
  height: size,
  width: size,
  rows: size,
  mode: z.enum(['bits', 'lookups']),
});

await answerFresh(requestSchema, async ({ rows, mode, ...sizes }) => {
  let constraints = 0;
  let qapRows = 0;
  let largest = 0;
  let fileBytes = 0;
  let tiles = 0;
  const cpu = await cpuSecondsOf(() => {
    for (let first = 0; first < sizes.height; first += rows, tiles++) {
      const program = convolutionTile(sizes, first, Math.min(first + rows, sizes.height));
      const tile = circuitSize(program, { mode });
      const { r1cs } = compileSlice(program, { mode });
      fileBytes += writeR1cs(r1cs).length;
      constraints += r1cs.constraints;
      qapRows += tile.qapRows;
      largest = Math.max(largest, tile.qapRows);
    }
  });
  return { tiles, constraints, qapRows, largest, fileBytes, cpu, peakBytes: peakMemoryBytes() };
});
