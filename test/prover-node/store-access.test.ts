import { randomBytes } from 'node:crypto';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSettings } from '../../protocol/config.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { createLog } from '../../protocol/log.ts';
import { collect } from '../../protocol/store/collect.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { HttpStore } from '../../protocol/store/http-store.ts';
import { identityOf } from '../../protocol/store/identity.ts';
import { followMarket } from '../../protocol/store/market.ts';
import { UploadBook } from '../../protocol/store/upload-book.ts';
import { startNode } from '../../prover-node/node.ts';
import { requestOf } from '../../client/jobs/request.ts';
import { storeService } from '../../protocol/store/settings.ts';
import { until } from '../support/until.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const readerOf = (key: number, account?: string): HttpStore =>
  new HttpStore(world.storeUrl, { identity: identityOf(new Wallet(world.chain.keys[key]), account) });

async function inputDigestOf(jobId: string): Promise<string> {
  const { market } = world.client.contracts;
  const [event] = await market.queryFilter(market.filters.JobPosted(jobId));
  return event.args.request.inputDigest;
}

describe('what a job is about', () => {
  test('goes to those with a stake in the job, and to those who could take one', async () => {
    const { market } = world.client.contracts;
    const jobId = await world.post(1);
    const input = await inputDigestOf(jobId);
    expect((await readerOf(1).get(input)).length).toBeGreaterThan(0);
    await expect(new HttpStore(world.storeUrl).get(input)).rejects.toMatchObject({
      code: 'STORE_UNAUTHORISED',
    });
    await expect(readerOf(3).get(input)).rejects.toMatchObject({ code: 'STORE_FORBIDDEN' });

    // A node with a deposit reads the input, claims, brings the trace; and both sides read that.
    const node = await startNode({
      settings: world.settings('worker'),
      privateKey: world.chain.keys[2],
      log: listeningLog().log,
    });
    try {
      await until(async () => JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized');
    } finally {
      await node.stop();
    }
    const [event] = await market.queryFilter(market.filters.TraceCommitted(jobId));
    const { traceDigest } = event.args;
    for (const key of [1, 2]) expect((await readerOf(key).get(traceDigest)).length).toBeGreaterThan(0);
    await expect(readerOf(3).get(traceDigest)).rejects.toMatchObject({ code: 'STORE_FORBIDDEN' });
    await expect(readerOf(3, node.account).get(traceDigest)).rejects.toMatchObject({
      code: 'STORE_FORBIDDEN',
    });

    // What is published needs no key.
    const { manifestDigest } = world.model.model;
    expect((await new HttpStore(world.storeUrl).get(manifestDigest)).length).toBeGreaterThan(0);
  });

  test('goes to nobody who names it in a job of his own', async () => {
    const jobId = await world.post(2, { maxExecutionPrice: 1n });
    const input = await inputDigestOf(jobId);
    const thief = await world.clientOf(4);
    try {
      const { market } = thief.contracts;
      const [event] = await market.queryFilter(market.filters.JobPosted(jobId));
      const job = { published: world.model, inputs: [sampleOf(2).input], offer: OFFER };
      const commitments = event.args.request.inputs.map(BigInt);
      const request = await requestOf(thief, thief.sender.address, job, commitments, input, (size) =>
        randomBytes(size),
      );
      // Enough for the job it posts, which leaves nothing in its ledger.
      const escrow = (await market.jobOf(jobId)).initialEscrow * 4n;
      await depositToLedger(thief.sender, thief.contracts, escrow);
      await thief.sender.send('post', () => market.post.populateTransaction(request, '0x'));
      const { balance } = await market.accountOf(thief.sender.address);
      await thief.sender.send('withdraw', () =>
        market.withdraw.populateTransaction(balance, thief.sender.address, false),
      );
      await expect(readerOf(4).get(input)).rejects.toMatchObject({ code: 'STORE_FORBIDDEN' });
    } finally {
      thief.close();
    }
  });
});

describe('what nobody needs any more', () => {
  test('is deleted: unclaimed uploads, and what belongs to jobs that are over; never a model’s artifacts', async () => {
    const stop = new AbortController();
    const log = createLog('test', 'silent');
    const { values } = resolveSettings(storeService.schema, { service: 'store', flags: {} });
    const folder = new FolderStore(world.storeFolder.folder);
    const find = followMarket({
      store: folder,
      rpc: world.chain.url,
      deployment: world.deploymentFile,
      log,
      signal: stop.signal,
      rpcRate: undefined,
      pollingInterval: 50,
    });
    try {
      const open = await inputDigestOf(await world.post(3, { maxExecutionPrice: 1n }));
      const { sha256: unclaimed } = await readerOf(1).put(Buffer.from('nobody needs this'));
      const market = await until(() => find());
      await until(() => market.anchors.caughtUp && market.anchors.jobsOf(open).length > 0);
      const quotas = { account: values.accountQuota, total: values.totalQuota, strangers: values.totalQuota };
      const book = await UploadBook.open(folder, quotas, log);
      const jobs = await Promise.all(
        [...book.all().keys()].flatMap((sha256) =>
          market.anchors
            .jobsOf(sha256)
            .map(async ({ jobId }) => ({ sha256, ...(await market.stakes.job(jobId)) })),
        ),
      );
      const ended = jobs.filter(({ overBy }) => overBy !== undefined).map(({ sha256 }) => sha256);
      expect(ended.length).toBeGreaterThan(0);
      const options = { book, market, keepModels: true, log };
      await collect({ ...options, unclaimedSeconds: 3600, endedSeconds: 3600 });
      expect(await folder.has(unclaimed)).toBe(true);
      await collect({ ...options, unclaimedSeconds: -1, endedSeconds: -1_000_000 });
      expect(await folder.has(unclaimed)).toBe(false);
      for (const sha256 of ended) expect(await folder.has(sha256)).toBe(false);
      expect(await folder.has(open)).toBe(true);
      const { manifest } = world.model;
      for (const { artifacts } of manifest.slices) {
        expect(await folder.has(artifacts.onnx.sha256)).toBe(true);
        expect(await folder.has(artifacts.program.sha256)).toBe(true);
      }
      await collect({ ...options, unclaimedSeconds: -1, endedSeconds: 0, keepModels: false });
      expect(await folder.has(manifest.slices[0].artifacts.onnx.sha256)).toBe(false);
    } finally {
      stop.abort();
    }
  });
});
