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
import { buildSmallModel, program } from './support/model.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

/** The small model with an ONNX file of slice 1 that gives what its program gives of zeros, and of nothing else. */
async function buildFalse(folder: string): Promise<void> {
  await buildSmallModel(folder);
  const own = program(1);
  const [linear, ...others] = own.nodes;
  if (linear.kind !== 'gemm') throw new Error('expected a linear layer');
  const nodes = [{ ...linear, weights: linear.weights.map((weight) => weight + 1) }, ...others];
  const onnx = sliceOnnx({ ...own, nodes }, 'slice 1');
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

test('a job whose input can’t be executed is not claimed, though zeros can', async () => {
  const jobId = await world.post(3);
  const reason = await until(async () => {
    const { jobs } = statusSchema.parse(await (await fetch(`${node.url}/status`)).json());
    const execution = jobs.find((job) => job.jobId === jobId)?.execution;
    return execution && /NODE_|EXECUTE_/.test(execution.text) ? execution : undefined;
  });
  expect(reason).toMatchObject({ text: expect.stringContaining('NODE_RUNTIME_DIFFERS') as string });
  expect((await jobStatus(world.client, jobId)).state).toBe('posted');
});
