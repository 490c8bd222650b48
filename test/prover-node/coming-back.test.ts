import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestToken__factory } from '../../protocol/contracts/generated/index.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { startNode } from '../../prover-node/node.ts';
import { inAsset } from '../support/in-asset.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { aggregatorOf } from './support/aggregator.ts';
import { startNodeProcess } from './support/child.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

async function finalized(jobId: string): Promise<void> {
  const { market } = world.client.contracts;
  await until(async () => JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized');
}

const processSettings = (name: string): Record<string, unknown> => ({
  name,
  rpc: world.chain.url,
  deployment: world.deploymentFile,
  store: [world.storeUrl],
  'data-dir': path.join(world.folder, name),
  'poll-seconds': 0.2,
  'cost-per-second': inAsset(1_000n),
  'deposit-target': inAsset(10n ** 12n),
  roles: ['execute', 'prove'],
});

describe('a node whose files were damaged', () => {
  test('sets them aside with a word, starts, and works', async () => {
    const settings = world.settings('damaged');
    const { dataDir } = settings;
    const first = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
    await finalized(await world.post(1));
    const proofs = path.join(dataDir, 'proofs');
    await until(async () => {
      const kept = await Promise.all(
        (await readdir(proofs)).map((name) => readFile(path.join(proofs, name), 'utf8')),
      );
      return kept.length === 2 && kept.every((text) => text.includes('"paid"'));
    });
    await first.stop();

    const [cut, changed] = await readdir(proofs);
    const text = await readFile(path.join(proofs, cut), 'utf8');
    await writeFile(path.join(proofs, cut), text.slice(0, text.length / 2));
    const other = await readFile(path.join(proofs, changed), 'utf8');
    await writeFile(path.join(proofs, changed), other.replace('"pricePaid":"', '"pricePaid":"9'));
    await writeFile(path.join(proofs, 'foreign.json'), '{"who":"knows"}');
    for (const name of ['speed.json', 'proven-circuits.json', 'status.json']) {
      await writeFile(path.join(dataDir, name), '{"half":');
    }
    await writeFile(path.join(dataDir, 'queue', 'postgres', 'global', 'pg_control'), 'not what it was');

    const { log, lines } = listeningLog();
    const second = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      const jobId = await world.post(2);
      const executions = path.join(dataDir, 'executions');
      await mkdir(executions, { recursive: true });
      await writeFile(path.join(executions, `${jobId}.json`), '{}');
      await finalized(jobId);
      const aside = lines
        .filter(({ message }) => message === 'broken file set aside')
        .map(({ file }) => path.relative(dataDir, String(file)));
      expect(aside).toEqual(
        expect.arrayContaining([
          path.join('proofs', cut),
          path.join('proofs', changed),
          path.join('proofs', 'foreign.json'),
          'speed.json',
          'proven-circuits.json',
          path.join('queue', 'postgres'),
        ]),
      );
      expect(await readdir(proofs)).toContain(`${cut}.broken`);
    } finally {
      await second.stop();
    }
  });
});

describe('a key', () => {
  test('is at work in one process at a time, whatever its data folder, and free at once when that one is killed', async () => {
    const key = world.chain.keys[2];
    const first = await startNodeProcess(world.folder, processSettings('one'), key);
    await first.said('node ready');
    const refusal = {
      code: 'KEY_AT_WORK',
      message: expect.stringContaining(path.join(world.folder, 'one')) as string,
    };
    const options = { settings: world.settings('two'), privateKey: key, log: listeningLog().log };
    await expect(startNode(options)).rejects.toMatchObject(refusal);
    await expect(aggregatorOf(world, {}, key)).rejects.toMatchObject(refusal);
    await first.kill('SIGKILL');
    const second = await startNode(options);
    await second.stop();
    const aggregator = await aggregatorOf(world, {}, key);
    try {
      await expect(startNode(options)).rejects.toMatchObject({
        code: 'KEY_AT_WORK',
        message: expect.stringContaining('aggregator') as string,
      });
    } finally {
      await aggregator.close();
    }
  });

  test('goes to one of two that start at once, and neither start is a bare failure', async () => {
    const starts = await Promise.allSettled(
      ['left', 'right'].map((name) =>
        startNode({
          settings: world.settings(name, { depositTarget: inAsset(2n * 10n ** 12n) }),
          privateKey: world.chain.keys[3],
          log: listeningLog().log,
        }),
      ),
    );
    const running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const refused = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason as unknown] : []));
    for (const node of running) await node.stop();
    expect(refused).toMatchObject([{ code: 'KEY_AT_WORK' }]);
    expect(running).toHaveLength(1);
  });
});

describe('a node without the asset that its ledger should have', () => {
  test('starts, says so, and deposits when it is there', async () => {
    const { log, lines } = listeningLog();
    const token = TestToken__factory.connect(
      world.client.contracts.deployment.addresses.asset,
      world.chain.signer(0),
    );
    const wealth = await token.balanceOf(await world.chain.signer(2).getAddress());
    const settings = world.settings('poor', { depositTarget: inAsset(wealth * 2n) });
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      await until(() => lines.some(({ code }) => code === 'ASSET_TOO_LITTLE'));
      await (await token.mint(node.account, wealth * 2n)).wait();
      await until(() => lines.some(({ message }) => message === 'ledger topped up'));
    } finally {
      await node.stop();
    }
  });
});

describe('a full disk', () => {
  test('costs a node nothing: what it proves is handed in, and kept when there is room', async (context) => {
    const settings = world.settings('full');
    const proofs = path.join(settings.dataDir, 'proofs');
    await mkdir(proofs, { recursive: true });
    const disk = mountSmallDisk(proofs, '64k');
    if (!disk) return context.skip('this machine lets nobody mount a tmpfs');
    const { log, lines } = listeningLog();
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      await disk.fill();
      await finalized(await world.post(3));
      expect(lines).toContainEqual(
        expect.objectContaining({
          code: 'FILE_DISK_FULL',
          message: 'proof not on disk yet, will be tried again',
        }),
      );
      disk.free();
      await until(async () => (await readdir(proofs)).length === 2);
    } finally {
      await node.stop();
      disk.unmount();
    }
  });

  test('is found out before a claim, and not after it', async (context) => {
    const settings = world.settings('roomless', { statusPort: 0 });
    const executions = path.join(settings.dataDir, 'executions');
    await mkdir(executions, { recursive: true });
    const disk = mountSmallDisk(executions, '64k');
    if (!disk) return context.skip('this machine lets nobody mount a tmpfs');
    const { log, lines } = listeningLog();
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      await disk.fill();
      const jobId = await world.post(5);
      await until(() => lines.some(({ code }) => code === 'TRACE_NOT_KEPT'));
      expect(lines.map(({ message }) => message)).not.toContain('execution claimed');
      disk.free();
      await finalized(jobId);
      // A trace is kept as long as its job may ask for it.
      await until(async () => (await readdir(executions)).length === 0);
    } finally {
      await node.stop();
      disk.unmount();
    }
  });
});
