// Plans a convolution or cuts it by hand, compiles it tile by tile in a process of its own and says what that took.
import { z } from 'zod';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { circuitSize } from '../../slicer/circuit/count/count.ts';
import { writeR1cs } from '../../groth16/formats/r1cs-file.ts';
import { circuitCost } from '../../slicer/plan/cost/cost-of.ts';
import { BUDGETS } from '../../slicer/plan/budgets.ts';
import { planSlices } from '../../slicer/plan/plan.ts';
import { peakMemoryBytes } from '../../groth16/prove/peak-memory.ts';
import { cpuSecondsOf } from './benchmark.ts';
import { answerFresh } from './fresh.ts';
import { convolution, convolutionTile } from './programs.ts';

const size = z.number().int().positive();
/** Tiles of so many rows, or as the planner cuts it for a slice's default budget. */
const requestSchema = z.strictObject({
  channels: size,
  filters: size,
  height: size,
  width: size,
  cut: z.union([z.strictObject({ rows: size, mode: z.enum(['bits', 'lookups']) }), z.literal('planned')]),
});

type Request = z.infer<typeof requestSchema>;

/** The tiles' programs with their modes; made one by one where they are cut by hand. */
function* tilesOf({ cut, ...sizes }: Request) {
  if (cut === 'planned') {
    const { slices } = planSlices(convolution(sizes), {
      budget: BUDGETS[0],
      costOf: circuitCost('auto', BUDGETS[0]),
    });
    for (const { program, figures } of slices) yield { program, mode: figures.mode };
    return;
  }
  for (let first = 0; first < sizes.height; first += cut.rows) {
    yield {
      program: convolutionTile(sizes, first, Math.min(first + cut.rows, sizes.height)),
      mode: cut.mode,
    };
  }
}

await answerFresh(requestSchema, async (request) => {
  let constraints = 0;
  let qapRows = 0;
  let largest = 0;
  let fileBytes = 0;
  let tiles = 0;
  const modes = new Set<string>();
  const cpu = await cpuSecondsOf(() => {
    for (const { program, mode } of tilesOf(request)) {
      const tile = circuitSize(program, { mode });
      const { r1cs } = compileSlice(program, { mode });
      fileBytes += writeR1cs(r1cs).length;
      constraints += r1cs.constraints;
      qapRows += tile.qapRows;
      largest = Math.max(largest, tile.qapRows);
      modes.add(mode);
      tiles++;
    }
  });
  return {
    modes: [...modes].join(', '),
    tiles,
    constraints,
    qapRows,
    largest,
    fileBytes,
    cpu,
    peakBytes: peakMemoryBytes(),
  };
});
