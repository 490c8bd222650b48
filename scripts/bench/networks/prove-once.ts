// Makes circuits and keys of slices in a process of its own, proves them in another one and says what that took.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { cpuSecondsOf, median } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { answerFresh } from '../fresh.ts';
import { warmProofs } from '../prover.ts';
import { sliceJob, type SliceJob } from '../slice-job.ts';
import { readSampled, type SampledSlice } from './sampled.ts';

const requestSchema = z.strictObject({
  folder: z.string(),
  ids: z.array(z.number().int()),
  rounds: z.number().int().positive(),
});

/** @throws BenchError BENCH_WITNESS: the circuit gives other values than ONNX Runtime gave */
async function jobOf(
  { name, program, mode, inputs, outputs }: SampledSlice,
  file: string,
): Promise<SliceJob> {
  const job = await sliceJob(
    name,
    program,
    mode,
    inputs.map((values) => Float64Array.from(values)),
    file,
  );
  if (job.outputs.some((values, i) => values.some((value, at) => value !== outputs[i][at]))) {
    throw new BenchError('BENCH_WITNESS', `the witness of ${name} gives other integers than its model`, {
      hint: 'This is a fault of sliceproof; please report it with the network.',
    });
  }
  return job;
}

await answerFresh(requestSchema, async ({ folder, ids, rounds }) => {
  const answers = [];
  for (const id of ids) {
    const slice = await readSampled(folder, id);
    const file = path.join(folder, `${id}.zkey`);
    let job: SliceJob | undefined;
    const keysCpu = await cpuSecondsOf(async () => {
      job = await jobOf(slice, file);
    });
    const [proofs] = await warmProofs([job!], 'native-js', rounds);
    answers.push({
      keysCpu,
      keyBytes: (await stat(file)).size,
      seconds: median(proofs.map(({ cpuSeconds }) => cpuSeconds)),
      peakBytes: Math.max(...proofs.map(({ peakRssBytes }) => peakRssBytes)),
      estimated: { seconds: slice.seconds, mebibytes: slice.mebibytes },
    });
  }
  return answers;
});
