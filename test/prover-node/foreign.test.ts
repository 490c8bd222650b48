// A model with a slice that can't be proved, through the market: built, registered, posted, run, proved, verified.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobResult } from '../../client/jobs/job-result.ts';
import { jobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { quantiseTensor, specOf } from '../../protocol/manifest.ts';
import { openTensors } from '../../protocol/trace.ts';
import { startNode } from '../../prover-node/node.ts';
import { buildModel } from '../../slicer/build/build-model.ts';
import { recheckSlices } from '../../verifier/job/recheck.ts';
import { verifyJob } from '../../verifier/job/verify-job.ts';
import { normalisingModel } from '../support/foreign-model.ts';
import { randomSamples } from '../support/lenet.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';
import { until } from '../support/until.ts';

const [CONVOLUTION, NORMALISATION, MATRIX] = [0, 1, 2];

let world: World;
beforeAll(async () => {
  world = await openWorld((outDir) =>
    buildModel({
      onnx: normalisingModel(),
      name: 'normalising',
      calibration: randomSamples(1, 32, 32),
      heldOut: { inputs: randomSamples(2, 4, 32) },
      outDir,
      setup: 'development',
      seed: Buffer.from('normalising'),
      minSlices: 2,
      bits: { weights: 8, activations: 8 },
    }),
  );
});
afterAll(() => world?.close());

/** Each of the two channels to mean 0 and variance 1, in floats. */
function normalised(values: readonly number[]): Float32Array {
  const channels = [values.slice(0, 16), values.slice(16)];
  return Float32Array.from(
    channels.flatMap((channel) => {
      const mean = channel.reduce((sum, value) => sum + value, 0) / 16;
      const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 16;
      return channel.map((value) => (value - mean) / Math.sqrt(variance));
    }),
  );
}

test('a job of a model with a slice that can’t be proved is run whole, and proved where it can be', async () => {
  const { client, model, chain } = world;
  const { manifest } = model;
  expect(manifest.slices.map(({ provable }) => provable)).toEqual([true, false, true]);
  expect(model.model.slices.map(({ circuit }) => circuit === 0)).toEqual([false, true, false]);
  expect(model.model.slices[NORMALISATION].weight).toBe(0);

  const [[sample]] = randomSamples(3, 1, 32);
  const given = {
    published: model,
    inputs: [quantiseTensor(manifest.tensors[0], sample)],
    offer: OFFER,
  };
  await expect(postJob(client, { ...given, required: [NORMALISATION] })).rejects.toMatchObject({
    code: 'CHAIN_REVERTED',
    details: { error: 'SliceNotProvable' },
  });

  const { log, lines } = listeningLog();
  // It rehearses the model on all least, whose variance is none, before it claims anything.
  const node = await startNode({ settings: world.settings('node'), privateKey: chain.keys[2], log });
  try {
    const { jobId } = await postJob(client, given);
    const { market } = client.contracts;
    await until(async () =>
      JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized' ? true : undefined,
    );
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);

    const { receipt, rechecked, rebuildable } = await verifyJob({
      contracts: client.contracts,
      provider: client.provider,
      store: client.store,
      jobId,
      recheck: recheckSlices,
    });
    expect(receipt.slices.map(({ state }) => state)).toEqual(['proved', 'executed', 'proved']);
    expect(receipt.slices[NORMALISATION]).toMatchObject({ circuit: 0, proof: null });
    for (const slice of [CONVOLUTION, MATRIX]) expect(receipt.slices[slice].proof?.prover).toBe(node.account);
    expect([receipt.fullyProved, rechecked, rebuildable]).toEqual([false, true, true]);

    // The trace commits to what nobody proved too, and it is what the operator means.
    const around = [...manifest.slices[NORMALISATION].inputs, ...manifest.slices[NORMALISATION].outputs];
    const [from, to] = around.map((id) => manifest.tensors[id]);
    const wanted = [from, to].map((tensor) => ({
      id: tensor.id,
      spec: specOf(tensor),
      commitment: BigInt(receipt.trace[tensor.id]),
    }));
    const opened = await openTensors(client.store, receipt.job.traceDigest, wanted);
    const [read, written] = opened.map(({ values }) => values);
    const reals = Array.from(read, (value) => value * 2 ** -from.scale);
    const expected = quantiseTensor(to, normalised(reals));
    expect(new Set(written).size).toBeGreaterThan(8);
    written.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1));

    const result = await jobResult(client, jobId);
    expect([...result.outputs[0].integers]).toEqual(receipt.outputs[0].values);
    const status = await jobStatus(client, jobId);
    expect(status.slices.map(({ provable, due, state }) => [provable, due, state])).toEqual([
      [true, true, 'settled'],
      [false, false, 'open'],
      [true, true, 'settled'],
    ]);
  } finally {
    await node.stop();
  }
});
