// Plans one network in a process of its own and says what that took.
import { z } from 'zod';
import { peakMemoryBytes } from '../../../groth16/prove/peak-memory.ts';
import { planModel, type PlannedModel } from '../../../slicer/build/plan-model.ts';
import { provableShare } from '../../../slicer/plan/cost/multiply-adds.ts';
import { describeSlices } from '../../../slicer/plan/describe.ts';
import { SlicerError } from '../../../slicer/errors.ts';
import { cpuSecondsOf } from '../benchmark.ts';
import { answerFresh } from '../fresh.ts';
import { EIGHT, parametersOf } from './net.ts';
import { PLANNED_NETWORKS } from './planned.ts';

await answerFresh(z.strictObject({ network: z.enum(Object.keys(PLANNED_NETWORKS)) }), async ({ network }) => {
  const { onnx, calibration } = PLANNED_NETWORKS[network]();
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
      multiplyAdds: slices.reduce((sum, slice) => sum + slice.multiplyAdds, 0),
      provable: provableShare(slices),
      constraints: slices.reduce((sum, slice) => sum + slice.constraints, 0),
      seconds: plan.cost.seconds,
      gas: plan.cost.gas,
    },
  };
});
