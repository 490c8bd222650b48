// Plans one network in a process of its own, says what that took, and leaves some of its slices in a folder to be proved.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { peakMemoryBytes } from '../../../groth16/prove/peak-memory.ts';
import { measureAccuracy } from '../../../slicer/build/accuracy.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import { planModel, type PlannedModel } from '../../../slicer/build/plan-model.ts';
import { isProvable } from '../../../slicer/integer/program.ts';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import { provableShare } from '../../../slicer/plan/cost/multiply-adds.ts';
import { describeSlices } from '../../../slicer/plan/describe.ts';
import { SlicerError } from '../../../slicer/errors.ts';
import { cpuSecondsOf } from '../benchmark.ts';
import { answerFresh } from '../fresh.ts';
import { EIGHT, parametersOf, type ExportedNetwork } from './net.ts';
import { ALL_NETWORKS } from './planned.ts';
import { keepSampled } from './sampled.ts';

const requestSchema = z.strictObject({
  network: z.enum(Object.keys(ALL_NETWORKS)),
  folder: z.string(),
  most: z.number().int().positive(),
});

await answerFresh(requestSchema, async ({ network, folder, most }) => {
  const exported = ALL_NETWORKS[network]();
  const { onnx, calibration } = exported;
  let planned: PlannedModel | undefined;
  let refused: string | undefined;
  const cpuSeconds = await cpuSecondsOf(async () => {
    try {
      planned = await planModel(onnx, {
        calibration,
        mode: 'auto',
        bits: EIGHT,
      });
    } catch (error) {
      if (!(error instanceof SlicerError)) throw error;
      refused = error.code;
    }
  });
  const spent = { parameters: parametersOf(onnx), cpuSeconds, peakBytes: peakMemoryBytes() };
  if (planned === undefined) return { ...spent, refused };
  const { plan, budget } = planned;
  const slices = describeSlices(plan);
  return {
    ...spent,
    plan: {
      budget,
      slices: slices.length,
      circuits: circuitsOf(planned),
      multiplyAdds: slices.reduce((sum, slice) => sum + slice.multiplyAdds, 0),
      provable: provableShare(slices),
      constraints: slices.reduce((sum, slice) => sum + slice.constraints, 0),
      seconds: plan.cost.seconds,
      gas: plan.cost.gas,
      error: await errorOf(exported, planned),
      sampled: await keepSampled(folder, planned, most),
    },
  };
});

/** Programs that are proved, those alike once. */
function circuitsOf({ plan }: PlannedModel): number {
  const digests = plan.slices
    .filter(({ program }) => isProvable(program))
    .map(({ program }) => createHash('sha256').update(encodeProgram(program)).digest('hex'));
  return new Set(digests).size;
}

/** The mean error of samples that calibration did not see, as a share of what the float outputs range over. */
async function errorOf(
  { onnx, heldOut }: ExportedNetwork,
  { graph, program }: PlannedModel,
): Promise<number> {
  const float = await openFloatRuntime(onnx, graph);
  try {
    return (await measureAccuracy(float, program, { inputs: heldOut })).relativeError;
  } finally {
    await float.close();
  }
}
