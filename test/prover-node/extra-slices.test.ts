// Slices that become due after the trace, by real nodes: drawn and challenged ones.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobStatus, type JobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { challengeSlice } from '../../client/jobs/running-job.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { checkReceipt } from '../../verifier/job/check-receipt.ts';
import { verifyJob } from '../../verifier/job/verify-job.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';
import { until } from '../support/until.ts';

let world: World;
let node: RunningNode;
beforeAll(async () => {
  world = await openWorld();
  node = await startNode({
    settings: world.settings('extra', {}),
    privateKey: world.chain.keys[2],
    log: listeningLog().log,
  });
});
afterAll(async () => {
  await node?.stop();
  await world?.close();
});

const post = async (seed: number, extra: object): Promise<string> =>
  (
    await postJob(world.client, {
      published: world.model,
      inputs: [sampleOf(seed).input],
      offer: OFFER,
      required: [0],
      ...extra,
    })
  ).jobId;

async function receiptOf(jobId: string): Promise<JobReceipt> {
  const { contracts, provider, store } = world.client;
  const { receipt } = await verifyJob({ contracts, provider, store, jobId });
  await checkReceipt(receipt, { contracts, provider });
  return receipt;
}

const reasons = ({ slices }: JobStatus | JobReceipt): unknown[] =>
  slices.map((slice) => ('dueReason' in slice ? slice.dueReason : 'due' in slice ? slice.due : undefined));

describe('a node', () => {
  test('draws the audits of what it executed, and proves what was drawn', async () => {
    const jobId = await post(11, { audits: 1 });
    const status = await waitForJob(world.client, jobId);
    expect([status.state, status.drawPending, status.settledCount]).toEqual(['finalized', false, 2]);
    expect(reasons(status)).toEqual(['required', 'audited']);
    const receipt = await receiptOf(jobId);
    expect(reasons(receipt)).toEqual(['required', 'audited']);
    expect(receipt.fullyProved).toBe(true);
  });

  test('proves what somebody challenged, is paid by the challenger, and finalizes after the time for it', async () => {
    const { client } = world;
    const { market } = client.contracts;
    const challenger = await world.clientOf(3);
    try {
      const jobId = await post(12, { challengeSeconds: 3_600 });
      await until(async () => ((await jobStatus(client, jobId)).state === 'traced' ? true : undefined));
      const challenged = await challengeSlice(challenger, jobId, 1);
      expect(challenged.slices[1]).toMatchObject({
        due: true,
        dueReason: 'challenged',
        challenger: challenger.sender.address,
      });
      const bond = (await market.accountOf(challenger.sender.address)).reserved;
      await until(async () => (await jobStatus(client, jobId)).settledCount === 2);
      await world.chain.advance(3_600);
      const status = await waitForJob(client, jobId);
      expect([status.state, status.settledCount]).toEqual(['finalized', 2]);
      const [proved] = await market.queryFilter(market.filters.ChallengeProved(jobId));
      const settled = await market.queryFilter(market.filters.SlicesSettled(jobId));
      const paid = settled.find(({ args }) => args.slices === 2n)!.args;
      expect(proved.args.bond).toBe(bond);
      const { returned, delay } = proved.args;
      expect(bond - returned - delay).toBe(paid.price + paid.tip);
      expect(2n * delay + paid.tip).toBe(bond);
      expect(paid.prover).toBe(node.account);
      expect(await market.accountOf(challenger.sender.address)).toEqual([proved.args.returned, 0n]);
      expect(reasons(await receiptOf(jobId))).toEqual(['required', 'challenged']);
    } finally {
      challenger.close();
    }
  });
});
