import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseToml, stringify as toToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSettings, resolveSettings } from '../../protocol/config.ts';
import { LiveSettings } from '../../prover-node/live.ts';
import { nodeSettings, type NodeSettings } from '../../prover-node/settings.ts';
import { inAsset } from '../support/in-asset.ts';
import { until } from '../support/until.ts';
import { startNodeProcess } from './support/child.ts';
import { openWorld, type World } from './support/world.ts';

const SECRET = 'https://rpc.example/v2/a-key-of-an-rpc';

const settings = (flags: Readonly<Record<string, unknown>>): NodeSettings =>
  resolveSettings(nodeSettings, { service: 'node', flags }).values;

describe('settings of a node that runs', () => {
  test('what can change counts from then on, the rest stays, and both are told with their old values', () => {
    const requester = `0x${'a1'.repeat(20)}`;
    const live = new LiveSettings(settings({ costPerSecond: '0.001', workers: 1, rpc: SECRET }));
    const next = settings({
      costPerSecond: '0.002',
      maxGasPrice: '7',
      denyRequesters: requester,
      workers: 2,
    });
    const { changed, refused } = live.change(next);
    expect(changed).toEqual([
      { setting: 'deny-requesters', from: [], to: [requester] },
      { setting: 'cost-per-second', from: '0.001', to: '0.002' },
      { setting: 'max-gas-price', from: null, to: '7' },
    ]);
    expect(refused).toEqual([
      { setting: 'rpc', from: '***', to: '***' },
      { setting: 'workers', from: 1, to: 2 },
    ]);
    expect(live.now).toMatchObject({ costPerSecond: 2n * 10n ** 15n, maxGasPrice: 7n, workers: 1 });
    expect([...live.lists.denyRequesters]).toEqual([requester]);
    // What was refused is, next time, still not what it runs with; what was taken over is.
    expect(live.change(next)).toEqual({ changed: [], refused });
  });

  test('one that can’t be used changes nothing', () => {
    const live = new LiveSettings(settings({ costPerSecond: '0.001' }));
    const wrong = '0x8ba1f109551bD432803012645Ac136ddd64DBa73';
    expect(() => live.change(settings({ costPerSecond: '0.002', denyRequesters: wrong }))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    expect(live.now.costPerSecond).toBe(10n ** 15n);
    expect(live.lists.denyRequesters.size).toBe(0);
  });

  test('docs/operations.md names no setting that there isn’t', async () => {
    const docs = await readFile(
      path.resolve(import.meta.dirname, '..', '..', 'docs', 'operations.md'),
      'utf8',
    );
    const [chapter] = docs.slice(docs.indexOf('## Settings that change')).split('\n## What it needs');
    const known = new Set(describeSettings(nodeSettings, 'node').map(({ file }) => file));
    const named = [...chapter.matchAll(/`([a-z]+(?:-[a-z]+)+|models|aggregator|bidding|keeper)`/g)];
    expect(named.length).toBeGreaterThan(8);
    expect(named.map(([, name]) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('a node that is told that its settings changed', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  test('works by the new ones, names what needs a restart, and minds no broken file', async () => {
    const requester = await world.chain.signer(1).getAddress();
    const given = {
      name: 'told',
      rpc: world.chain.url,
      deployment: world.deploymentFile,
      store: [world.storeUrl],
      'data-dir': path.join(world.folder, 'told'),
      roles: ['execute', 'prove'],
      'poll-seconds': 0.2,
      'cost-per-second': inAsset(1_000n),
      'deposit-target': inAsset(10n ** 12n),
      'deny-requesters': [requester],
      'store-token': 'a-token-that-nobody-sees',
    };
    const node = await startNodeProcess(world.folder, given, world.chain.keys[2]);
    const file = path.join(world.folder, 'told.toml');
    const before = parseToml(await readFile(file, 'utf8'))['node'] as Readonly<Record<string, unknown>>;
    try {
      await node.said('node ready');
      const jobId = await world.post(1);
      await until(() => node.lines.find(({ code }) => code === 'REQUESTER_DENIED'));

      await writeFile(file, 'this is = = no TOML');
      process.kill(node.pid, 'SIGHUP');
      expect(await node.said('settings not read again, those from before count')).toMatchObject({
        code: 'CONFIG_FILE_INVALID',
      });
      expect((await world.client.contracts.market.jobOf(jobId)).executor).toMatch(/^0x0+$/);

      const next = {
        ...before,
        'deny-requesters': [],
        workers: 2,
        'store-token': 'another-that-nobody-sees',
      };
      await writeFile(file, toToml({ node: next }));
      process.kill(node.pid, 'SIGHUP');
      expect(await node.said('settings changed')).toMatchObject({
        settings: [{ setting: 'deny-requesters', from: [requester], to: [] }],
      });
      expect(await node.said('settings that only a restart takes over')).toMatchObject({
        code: 'NODE_NEEDS_RESTART',
        settings: [
          { setting: 'store-token', from: '***', to: '***' },
          { setting: 'workers', from: 1, to: 2 },
        ],
      });
      const account = await world.chain.signer(2).getAddress();
      await until(async () => (await world.client.contracts.market.jobOf(jobId)).executor === account);
      expect(JSON.stringify(node.lines)).not.toContain('that-nobody-sees');
    } finally {
      await node.kill('SIGKILL');
    }
  });
});
