import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { readPublishedModel } from '../../client/jobs/read-model.ts';
import { registerBuild } from '../../client/models/register-build.ts';
import { decodeManifest, encodeManifest } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { statusSchema, type ReportedReason } from '../../prover-node/status/report.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { until } from '../support/until.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';
import { buildSmallModel, program, sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';

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

/** Gives slice 1 of the model in a folder the ONNX file of another program. */
async function withOnnxOf(folder: string, other: IntegerProgram): Promise<void> {
  const onnx = sliceOnnx(other, 'slice 1');
  await writeFile(path.join(folder, 'slices', '1', 'slice.onnx'), onnx);
  const file = path.join(folder, 'manifest.json');
  const manifest = decodeManifest(await readFile(file));
  manifest.slices[1].artifacts.onnx = artifactOf(onnx);
  await writeFile(file, encodeManifest(manifest));
}

let world: World;
let node: RunningNode;
beforeAll(async () => {
  world = await openWorld(async (folder) => {
    await buildSmallModel(folder);
    await withOnnxOf(folder, falseProgram());
  });
  const settings = world.settings('careful', { statusPort: 0 });
  node = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
});
afterAll(async () => {
  await node?.stop();
  await world?.close();
});

/** Why a job isn't executed, once the node has met with a fault. */
async function reasonFor(jobId: string): Promise<ReportedReason> {
  return until(async () => {
    const { jobs } = statusSchema.parse(await (await fetch(`${node.url}/status`)).json());
    const execution = jobs.find((job) => job.jobId === jobId)?.execution;
    return execution && /NODE_|EXECUTE_/.test(execution.text) ? execution : undefined;
  });
}

const differs: unknown = expect.stringContaining('NODE_RUNTIME_DIFFERS');

test('a job whose input can’t be executed is not claimed, though what it was rehearsed on can', async () => {
  const jobId = await world.post(JOB);
  expect(await reasonFor(jobId)).toMatchObject({ code: 'INPUT_NOT_READY', text: differs });
  expect((await jobStatus(world.client, jobId)).state).toBe('posted');
});

test('nor is a job of a model whose ONNX file is another’s, though not of zeros: its rehearsal says so', async () => {
  const { client } = world;
  const folder = path.join(world.folder, 'another');
  await cp(path.join(world.folder, 'model'), folder, { recursive: true });
  const own = program(1);
  const [linear, ...others] = own.nodes;
  if (linear.kind !== 'gemm') throw new Error('expected a linear layer');
  const weights = linear.weights.map((weight) => weight + 1);
  await withOnnxOf(folder, { ...own, nodes: [{ ...linear, weights }, ...others] });
  const { modelId } = await registerBuild(client, folder);
  const published = await readPublishedModel(client, modelId);
  const { jobId } = await postJob(client, { published, inputs: [sampleOf(JOB).input], offer: OFFER });
  expect(await reasonFor(jobId)).toMatchObject({ code: 'NOT_RUN_YET', text: differs });
  expect((await jobStatus(client, jobId)).state).toBe('posted');
});
