import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobStatus } from '../../client/jobs/job-status.ts';
import { decodeManifest, encodeManifest } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { statusSchema } from '../../prover-node/status/report.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { until } from '../support/until.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';
import { buildSmallModel, program, sampleOf } from './support/model.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

const JOB = 3;

/**
 * Slice 1, but that it adds to its accumulators where its input is exactly what slice 0 makes of the job's: no
 * rehearsal comes upon that. The sum of squared differences from it is 0 there alone.
 */
function falseProgram(): IntegerProgram {
  const { middle } = sampleOf(JOB);
  const own = program(1);
  const [input, accumulator, output] = own.tensors;
  const inner = (name: string, shape: readonly number[]) => ({ name, shape, scale: 4 });
  const outputs = accumulator.shape[1];
  const linear = (of: number, weights: readonly number[], bias: readonly number[]) =>
    ({
      kind: 'gemm',
      name: '',
      input: of,
      weights: Int32Array.from(weights),
      bias: Float64Array.from(bias),
    }) as const;
  const [gemm, rescale] = own.nodes;
  if (gemm.kind !== 'gemm' || rescale.kind !== 'rescale') throw new Error('expected a linear layer');
  return {
    ...own,
    tensors: [
      input,
      accumulator,
      output,
      inner('at', input.shape),
      inner('away', input.shape),
      inner('square', input.shape),
      inner('distance', [1, 1]),
      { ...inner('differs', [1, 1]), range: { signed: false, bits: 1 } },
      inner('more', accumulator.shape),
      inner('sum', accumulator.shape),
    ],
    nodes: [
      gemm,
      { kind: 'constant', name: '', output: 3, values: middle },
      { kind: 'add', name: '', inputs: [0, 3], shifts: [0, 0], subtract: true, output: 4 },
      { kind: 'mul', name: '', inputs: [4, 4], output: 5 },
      { ...linear(5, new Array<number>(middle.length).fill(1), [0]), output: 6 },
      { kind: 'rescale', name: '', input: 6, output: 7, shift: 0, relu: false },
      {
        ...linear(7, new Array<number>(outputs).fill(-1024), new Array<number>(outputs).fill(1024)),
        output: 8,
      },
      { kind: 'add', name: '', inputs: [1, 8], shifts: [0, 0], output: 9 },
      { ...rescale, input: 9 },
    ],
  };
}

async function buildFalse(folder: string): Promise<void> {
  await buildSmallModel(folder);
  const onnx = sliceOnnx(falseProgram(), 'slice 1');
  await writeFile(path.join(folder, 'slices', '1', 'slice.onnx'), onnx);
  const file = path.join(folder, 'manifest.json');
  const manifest = decodeManifest(await readFile(file));
  manifest.slices[1].artifacts.onnx = artifactOf(onnx);
  await writeFile(file, encodeManifest(manifest));
}

let world: World;
let node: RunningNode;
beforeAll(async () => {
  world = await openWorld(buildFalse);
  const settings = world.settings('careful', { statusPort: 0 });
  node = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
});
afterAll(async () => {
  await node?.stop();
  await world?.close();
});

test('a job whose input can’t be executed is not claimed, though what it was rehearsed on can', async () => {
  const jobId = await world.post(JOB);
  const reason = await until(async () => {
    const { jobs } = statusSchema.parse(await (await fetch(`${node.url}/status`)).json());
    const execution = jobs.find((job) => job.jobId === jobId)?.execution;
    return execution && /NODE_|EXECUTE_/.test(execution.text) ? execution : undefined;
  });
  expect(reason).toMatchObject({ text: expect.stringContaining('NODE_RUNTIME_DIFFERS') as string });
  expect((await jobStatus(world.client, jobId)).state).toBe('posted');
});
