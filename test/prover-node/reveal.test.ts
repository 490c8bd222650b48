// What came out of a job that keeps it to itself, shown to everybody afterwards.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutputs } from '../../client/jobs/job-outputs.ts';
import { jobResult } from '../../client/jobs/job-result.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { partEnd, revealOutput } from '../../client/jobs/reveal-output.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { startNode } from '../../prover-node/node.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe('an output that stayed a commitment', () => {
  test('is shown at once, or in parts, from the store that has it, and read from the chain then', async () => {
    const { client } = world;
    const node = await startNode({
      settings: world.settings('revealing', {}),
      privateKey: world.chain.keys[2],
      log: listeningLog().log,
    });
    try {
      for (const [seed, mostWords] of [
        [1, undefined],
        [2, 0],
      ] as const) {
        const { jobId } = await postJob(client, {
          published: world.model,
          inputs: [sampleOf(seed).input],
          offer: OFFER,
          outputCommitmentOnly: true,
        });
        await expect(revealOutput(client, jobId, mostWords)).rejects.toMatchObject({
          code: 'JOB_NOT_FINISHED',
        });
        await waitForJob(client, jobId);
        const kept = await openOutputs(client, jobId);
        expect(kept.onChain).toBe(false);
        const { transactions } = await revealOutput(client, jobId, mostWords);
        expect(transactions).toHaveLength(1);
        const shown = await openOutputs(client, jobId);
        expect(shown).toEqual({ ...kept, onChain: true });
        expect([...shown.opened[0].values]).toEqual([...sampleOf(seed).output]);
        expect((await jobResult(client, jobId)).outputs).toHaveLength(1);
        const { outputParts, market, deployment } = client.contracts;
        const inParts = await outputParts.shown(deployment.addresses.market, jobId, 0);
        expect(inParts).toBe(mostWords === 0);
        expect(BigInt((await market.resultOf(jobId)).outputDigest) === 0n).toBe(inParts);
        expect(await revealOutput(client, jobId, mostWords)).toEqual({ transactions: [] });
      }
    } finally {
      await node.stop();
    }
  });

  test.each([
    [0, 1, 480, 1],
    [0, 480, 480, 480],
    [0, 481, 480, 479],
    [479, 481, 480, 481],
    [479, 2000, 480, 959],
    [0, 100, 15, 14],
    [14, 100, 15, 29],
    [14, 100, 29, 29],
    [14, 100, 30, 44],
    [0, 100, 0, 14],
    [89, 100, 0, 100],
  ])('a part from word %i of %i, of %i at most, ends at %i', (from, count, most, end) => {
    expect(partEnd(from, count, most)).toBe(end);
  });
});
