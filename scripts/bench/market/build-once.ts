// Builds a network in a process of its own, and asks the float model and the quantised one, each in one piece, about an input.
import { z } from 'zod';
import { dequantiseTensor } from '../../../protocol/manifest.ts';
import { buildModel } from '../../../slicer/build/build-model.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import type { PlannedModel } from '../../../slicer/build/plan-model.ts';
import { quantiseSample } from '../../../slicer/build/quantise-sample.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { multiplyAddsOf } from '../../../slicer/plan/cost/multiply-adds.ts';
import { answerFresh } from '../fresh.ts';
import { EIGHT, parametersOf } from '../networks/net.ts';
import { MARKET_NETWORKS } from './networks.ts';
import { ownUsage } from './usage.ts';

const requestSchema = z.strictObject({ network: z.enum(Object.keys(MARKET_NETWORKS)), folder: z.string() });

await answerFresh(requestSchema, async ({ network, folder }) => {
  const { onnx, calibration } = MARKET_NETWORKS[network]();
  const input = calibration[calibration.length - 1];
  const rest = calibration.slice(0, -1);
  const before = ownUsage();
  let planned: PlannedModel | undefined;
  const { slices } = await buildModel({
    onnx,
    name: network,
    calibration: rest,
    heldOut: { inputs: [input] },
    outDir: folder,
    setup: 'development',
    mode: 'auto',
    // For nodes to share; a large network has more by itself.
    minSlices: 2,
    bits: EIGHT,
    onPlanned: async (plan) => void (planned = plan),
  });
  const usage = ownUsage();
  const { graph, program } = planned!;
  const float = await openFloatRuntime(onnx, graph);
  const [expected] = await float.run(input);
  await float.close();
  const inputs = quantiseSample(program, input);
  const [quantised] = evaluateOutputs(program, inputs);
  return {
    parameters: parametersOf(onnx),
    multiplyAdds: multiplyAddsOf(program),
    constraints: slices.map((slice) => slice.constraints),
    keyBytes: slices.reduce((sum, { artifacts }) => sum + (artifacts.provingKey?.bytes ?? 0), 0),
    usage: usage && before && { ...usage, cpuSeconds: usage.cpuSeconds - before.cpuSeconds },
    input: Array.from(inputs[0]),
    quantised: Array.from(quantised),
    dequantised: Array.from(dequantiseTensor(program.tensors[program.outputs[0]], quantised)),
    float: Array.from(expected),
  };
});
