import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sender } from '../../protocol/chain/sending/sender.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';
import { sampleSalt } from '../../protocol/commitment/commit.ts';
import { traceSalt } from '../../protocol/commitment/trace-salts.ts';
import { specOf } from '../../protocol/manifest.ts';
import { openingOf } from '../../protocol/output.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import { openTensors, sealTensors } from '../../protocol/trace.ts';
import { JOB_STATES, SLICE_STATES } from '../../protocol/contracts/states.ts';
import { HttpStore } from '../../protocol/store/http-store.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { identityOf } from '../../protocol/store/identity.ts';
import { startNode } from '../../prover-node/node.ts';
import { openWay } from '../../scripts/chaos/proxy.ts';
import { openProxy } from '../support/cuttable-proxy.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';
import { until } from '../support/until.ts';
import { requestIdOfJob } from '../support/request-id.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const stateOf = async (jobId: string): Promise<string> =>
  JOB_STATES[Number((await world.client.contracts.market.jobOf(jobId)).state)];

const finalized = (jobId: string): Promise<true> =>
  until(async () => ((await stateOf(jobId)) === 'finalized' ? true : undefined));

type Lines = readonly Record<string, unknown>[];

const said = (lines: Lines, message: string): Promise<Record<string, unknown>> =>
  until(() => lines.find((line) => line.message === message));

/** A store that answers every question with the same wrong bytes. */
async function openLiar(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_, response) => response.end('nothing of what you asked for'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

describe('a chain that goes away', () => {
  test('is waited for, and everything goes on when it is back', async () => {
    const proxy = await openProxy(world.chain.url);
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('cut', { rpc: proxy.url }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      const jobId = await world.post(1, { bidWindow: 3_600 });
      const { market } = world.client.contracts;
      for (const index of [0, 1]) {
        await until(async () => (await market.sliceOf(jobId, index)).holder === node.account);
      }
      proxy.cut();
      await said(lines, 'waiting for the chain');
      // What it won has to be proved from now on.
      await world.chain.advance(3_600);
      expect(await stateOf(jobId)).toBe('traced');
      proxy.mend();
      await finalized(jobId);
      expect(lines.map(({ message }) => message)).toContain('chain answers again');
      expect((await world.client.contracts.market.accountOf(node.account)).reserved).toBe(0n);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    } finally {
      proxy.mend();
      await node.stop();
      await proxy.close();
    }
  });
});

describe('a store that returns other bytes', () => {
  test('is named, and the next one is asked', async () => {
    const liar = await openLiar();
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('careful', { roles: ['prove'], store: [liar.url, world.storeUrl] }),
      privateKey: world.chain.keys[2],
      log,
    });
    const executor = await startNode({
      settings: world.settings('executor', { roles: ['execute'] }),
      privateKey: world.chain.keys[3],
      log: listeningLog().log,
    });
    try {
      await finalized(await world.post(2));
      expect(lines).toContainEqual(
        expect.objectContaining({ message: 'store failed', store: liar.url, code: 'STORE_WRONG_BYTES' }),
      );
    } finally {
      await Promise.all([node.stop(), executor.stop()]);
      liar.close();
    }
  });

  test('gets no bid when there is no other', async () => {
    const liar = await openLiar();
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('deceived', { store: [liar.url], statusPort: 0 }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      const jobId = await world.post(3);
      await until(() =>
        lines.filter(({ code }) => code === 'STORE_WRONG_BYTES').length > 3 ? true : undefined,
      );
      expect(await stateOf(jobId)).toBe('posted');
      expect(lines.map(({ message }) => message)).not.toContain('execution claimed');
      const metrics = await (await fetch(`${node.url}/metrics`)).text();
      expect(metrics).toMatch(/sliceproof_node_failures_total\{code="STORE_WRONG_BYTES"\} [1-9]/);
      await world.client.sender.send('cancel', () =>
        world.client.contracts.market.cancel.populateTransaction(jobId),
      );
    } finally {
      await node.stop();
      liar.close();
    }
  });
});

describe('a store that takes nothing', () => {
  test('is found out before a claim, and not after it', async () => {
    const way = await openWay(() => 0, 1);
    way.lead(world.storeUrl);
    way.fail('full');
    const { log, lines } = listeningLog();
    const settings = world.settings('unheard', { store: [way.url], statusPort: 0 });
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      const jobId = await world.post(6);
      const decided = await until(() => lines.find(({ code }) => code === 'TRACE_NOT_KEPT'));
      expect(decided.because).toMatch(/no space left/);
      expect(await stateOf(jobId)).toBe('posted');
      expect(lines.map(({ message }) => message)).not.toContain('execution claimed');
      way.fail(undefined);
      await finalized(jobId);
    } finally {
      await node.stop();
      way.close();
    }
  });
});

describe('an executor', () => {
  /** The node's account claims a job, as the node does. */
  async function claim(jobId: string, key: string): Promise<Sender> {
    const { provider, contracts } = world.client;
    const { log } = listeningLog();
    const sender = new Sender({ provider, privateKey: key, interfaces: contractInterfaces, log });
    await depositToLedger(sender, contracts, 10n ** 12n);
    await sender.send('claim', () =>
      contracts.market.claimExecution.populateTransaction(sender.address, jobId),
    );
    return sender;
  }

  /** The three tensors of a sample's run, the output replaced if another one is given. */
  async function seal(
    jobId: string,
    seed: number,
    output: Float64Array,
    { key, folder, salts = 'own' }: { key: string; folder?: string; salts?: 'own' | 'input' },
  ) {
    const { manifest } = world.model;
    const { store, contracts } = world.client;
    const posted = await contracts.market.queryFilter(contracts.market.filters.JobPosted(jobId));
    const { inputDigest } = posted[0].args.request;
    const bundle = JSON.parse(Buffer.from(await store.get(inputDigest)).toString()) as {
      tensors: { sha256: string }[];
    };
    const tensor = JSON.parse(Buffer.from(await store.get(bundle.tensors[0].sha256)).toString()) as {
      salt: string;
    };
    const inputSalt = BigInt(tensor.salt);
    const { input, middle } = sampleOf(seed);
    // The executor puts what it commits to, or keeps it in a folder of its own.
    return sealTensors(
      folder === undefined
        ? new HttpStore(world.storeUrl, { identity: identityOf(new Wallet(key)) })
        : new FolderStore(folder),
      [input, middle, output].map((values, id) => ({
        id,
        spec: specOf(manifest.tensors[id]),
        values,
        salt:
          id === 0
            ? inputSalt
            : salts === 'own'
              ? sampleSalt(randomBytes)
              : traceSalt([inputSalt], jobId, id),
      })),
    );
  }

  test('that died with its trace sealed commits to that very trace', async () => {
    // The claim runs while the node starts, which takes as long as the machine takes.
    const jobId = await world.post(4, { commitSeconds: 300 });
    await claim(jobId, world.chain.keys[2]);
    const { commitments, digest } = await seal(jobId, 4, sampleOf(4).output, { key: world.chain.keys[2] });
    const settings = world.settings('resumed');
    await mkdir(path.join(settings.dataDir, 'executions'), { recursive: true });
    await writeFile(
      path.join(settings.dataDir, 'executions', `${jobId}.json`),
      JSON.stringify({
        format: 'sliceproof-execution/1',
        jobId,
        trace: commitments.map(fieldToHex),
        traceDigest: digest,
      }),
    );
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
    try {
      await finalized(jobId);
      const { market } = world.client.contracts;
      const [event] = await market.queryFilter(market.filters.TraceCommitted(jobId));
      expect(event.args.traceDigest).toBe(digest);
      expect([...event.args.trace]).toEqual(commitments.map(fieldToHex));
    } finally {
      await node.stop();
    }
  });

  test.each([
    ['that keeps its trace to itself is proved by others all the same, who rebuild it', 'input', 11],
    ['with a salt of its own, that keeps its trace to itself, is found out by its name', 'own', 12],
  ] as const)('%s', async (_what, salts, seed) => {
    const { market } = world.client.contracts;
    const jobId = await world.post(seed);
    const key = world.chain.keys[3];
    const executor = await claim(jobId, key);
    const folder = path.join(world.folder, `kept-${salts}`);
    const { output } = sampleOf(seed);
    const { commitments, digest } = await seal(jobId, seed, output, { key, folder, salts });
    const { manifest } = world.model;
    const wanted = manifest.outputs.map((id) => ({
      id,
      spec: specOf(manifest.tensors[id]),
      commitment: commitments[id],
    }));
    const opened = await openTensors(new FolderStore(folder), digest, wanted);
    const outputs = opened.map((tensor, i) => openingOf(wanted[i].spec, tensor));
    const requestId = await requestIdOfJob(market, world.client.contracts.deployment, jobId);
    await executor.send('trace', () =>
      market.commitTrace.populateTransaction(jobId, requestId, commitments.map(fieldToHex), digest, outputs),
    );
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings(`without-trace-${salts}`, { roles: ['prove'] }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      if (salts === 'input') {
        for (const index of [0, 1]) {
          await until(
            async () => SLICE_STATES[Number((await market.sliceOf(jobId, index)).state)] === 'settled',
          );
        }
        expect(lines.filter(({ code }) => code === 'NODE_TRACE_FOREIGN')).toEqual([]);
      } else {
        await until(() => lines.some(({ code }) => code === 'NODE_TRACE_FOREIGN'));
        expect(SLICE_STATES[Number((await market.sliceOf(jobId, 0)).state)]).toBe('open');
      }
    } finally {
      await node.stop();
    }
  });

  test('that lies finds nobody who bids on the slice it lied about', async () => {
    const { market } = world.client.contracts;
    const jobId = await world.post(5);
    const liar = await claim(jobId, world.chain.keys[3]);
    const output = Float64Array.from(sampleOf(5).output, (value, i) => (i === 2 ? (value + 1) % 100 : value));
    const { commitments, digest } = await seal(jobId, 5, output, { key: world.chain.keys[3] });
    const { manifest } = world.model;
    const wanted = manifest.outputs.map((id) => ({
      id,
      spec: specOf(manifest.tensors[id]),
      commitment: commitments[id],
    }));
    const own = new HttpStore(world.storeUrl, { identity: identityOf(new Wallet(world.chain.keys[3])) });
    const opened = await openTensors(own, digest, wanted);
    const outputs = opened.map((tensor, i) => openingOf(wanted[i].spec, tensor));
    const requestId = await requestIdOfJob(market, world.client.contracts.deployment, jobId);
    await liar.send('trace', () =>
      market.commitTrace.populateTransaction(jobId, requestId, commitments.map(fieldToHex), digest, outputs),
    );
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('sceptic', { roles: ['prove'] }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      await until(async () =>
        SLICE_STATES[Number((await market.sliceOf(jobId, 0)).state)] === 'settled' ? true : undefined,
      );
      expect(SLICE_STATES[Number((await market.sliceOf(jobId, 1)).state)]).toBe('open');
      expect(lines).toContainEqual(
        expect.objectContaining({ message: 'given up for now', code: 'NODE_TRACE_FALSE', slice: 1 }),
      );
    } finally {
      await node.stop();
    }
  });
});

describe('a data folder', () => {
  test('is not shared by two nodes', async () => {
    const settings = world.settings('shared');
    const options = { settings, privateKey: world.chain.keys[2], log: listeningLog().log };
    const node = await startNode(options);
    try {
      await expect(startNode(options)).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    } finally {
      await node.stop();
    }
  });
});
