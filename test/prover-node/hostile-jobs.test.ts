import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { decodeManifest, encodeManifest } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { statusSchema, type ReportedReason } from '../../prover-node/status/report.ts';
import { until } from '../support/until.ts';
import { buildSmallModel, sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';

/** Between blocks, as on a real chain: with instant mining no time is too short. */
const BLOCK_SECONDS = 2;

/** The small model with a registered key of slice 1 that its proving key does not belong to. */
async function buildTrap(folder: string): Promise<void> {
  const other = `${folder}-other`;
  await buildSmallModel(other, 'another seed');
  await buildSmallModel(folder);
  const keyOf = (of: string): string => path.join(of, 'slices', '1', 'verifying.json');
  await copyFile(keyOf(other), keyOf(folder));
  const file = path.join(folder, 'manifest.json');
  const manifest = decodeManifest(await readFile(file));
  manifest.slices[1].artifacts.verifyingKey = artifactOf(await readFile(keyOf(folder)));
  await writeFile(file, encodeManifest(manifest));
}

let world: World;
let node: RunningNode;
beforeAll(async () => {
  world = await openWorld(buildTrap);
  const settings = world.settings('careful', { statusPort: 0 });
  node = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
});
afterAll(async () => {
  await world?.chain.provider.send('evm_setAutomine', [true]);
  await node?.stop();
  await world?.close();
});

async function wealth(): Promise<bigint> {
  const { balance, reserved } = await world.client.contracts.market.accountOf(node.account);
  return balance + reserved;
}

/** What the node says of a job's execution once it has looked at everything. */
async function reasonFor(jobId: string): Promise<ReportedReason> {
  return until(async () => {
    const { jobs } = statusSchema.parse(await (await fetch(`${node.url}/status`)).json());
    const reason = jobs.find((job) => job.jobId === jobId)?.execution;
    return reason && !['MODEL_NOT_READY', 'NOT_RUN_YET', 'EXECUTION_PRICE'].includes(reason.code)
      ? reason
      : undefined;
  });
}

async function post(
  seed: number,
  terms: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { jobId } = await postJob(world.client, {
    published: world.model,
    inputs: [sampleOf(seed).input],
    required: [0],
    offer: { ...OFFER, ...terms },
    ...more,
  });
  return jobId;
}

test('an honest job is executed, proved and paid, and from then on blocks come slowly', async () => {
  const jobId = await post(1, {});
  await until(async () => (await jobStatus(world.client, jobId)).state === 'finalized');
  await world.chain.provider.send('evm_setAutomine', [false]);
  await world.chain.provider.send('evm_setIntervalMining', [BLOCK_SECONDS]);
  const slow = await post(2, {});
  await until(async () => (await jobStatus(world.client, slow)).state === 'finalized');
});

test.each([
  ['a second for the trace', { commitSeconds: 1, rampSeconds: 300 }, {}, 'EXECUTION_HURRIED'],
  [
    'ten seconds for the job, five for a proof',
    { commitSeconds: 60, rampSeconds: 0, bidWindow: 0, proveSeconds: 5, jobSeconds: 10 },
    {},
    'PROVING_HURRIED',
  ],
  ['a bad key that a challenge makes due', {}, { challengeSeconds: 60 }, 'EXECUTION_UNPROVABLE'],
  ['a bad key that may be drawn', {}, { audits: 1 }, 'EXECUTION_UNPROVABLE'],
])('%s: no bond is put up, and nothing is lost', async (_, terms, more, code) => {
  const before = await wealth();
  const jobId = await post(3, terms, more);
  expect((await reasonFor(jobId)).code).toBe(code);
  // The node looks again at each block, while the price goes up.
  const from = await world.chain.provider.getBlockNumber();
  await until(async () => (await world.chain.provider.getBlockNumber()) >= from + 4);
  expect((await jobStatus(world.client, jobId)).state).toBe('posted');
  expect(await wealth()).toBe(before);
});
