import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOB_STATES, SLICE_STATES } from '../../protocol/contracts/states.ts';
import { runCli, startNodeProcess } from './support/child.ts';
import { openWorld, type World } from './support/world.ts';
import { inAsset } from '../support/in-asset.ts';
import { until } from '../support/until.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

test('a node killed between winning and proving, which forgot how fast it is, proves after its restart, and loses nothing', async () => {
  const { market } = world.client.contracts;
  const settings = {
    name: 'mortal',
    rpc: world.chain.url,
    deployment: world.deploymentFile,
    store: [world.storeUrl],
    'data-dir': path.join(world.folder, 'mortal'),
    roles: ['execute', 'prove'],
    'poll-seconds': 0.2,
    'cost-per-second': inAsset(1_000n),
    'deposit-target': inAsset(10n ** 12n),
  };
  const account = await world.chain.signer(2).getAddress();
  const first = await startNodeProcess(world.folder, settings, world.chain.keys[2]);
  // It proves when the window is over: not before it is killed.
  const jobId = await world.post(7, { bidWindow: 3_600 });
  await first.said('bid placed');
  const slice = async (index: number): Promise<{ state: string; holder: string }> => {
    const view = await market.sliceOf(jobId, index);
    return { state: SLICE_STATES[Number(view.state)], holder: view.holder };
  };
  for (const index of [0, 1]) await until(async () => (await slice(index)).holder === account);
  await first.kill('SIGKILL');
  expect(await slice(0)).toEqual({ state: 'held', holder: account });
  const held = (await market.accountOf(account)).reserved;
  expect(held).toBeGreaterThan(0n);

  // What it holds is taken up before anything is measured.
  await writeFile(path.join(settings['data-dir'], 'speed.json'), '{"half":');
  await world.chain.advance(3_600);
  const second = await startNodeProcess(world.folder, settings, world.chain.keys[2]);
  await until(async () =>
    JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized' ? true : undefined,
  );
  for (const index of [0, 1]) expect(await slice(index)).toEqual({ state: 'settled', holder: account });
  const { balance, reserved } = await market.accountOf(account);
  expect(reserved).toBe(0n);
  expect(balance).toBeGreaterThan(1_000_000_000_000n);
  // Made once, kept once.
  const proofs = await readdir(path.join(settings['data-dir'], 'proofs'));
  expect(proofs.sort()).toEqual([`${jobId}-0.json`, `${jobId}-1.json`]);
  const proved = [...first.lines, ...second.lines].filter(({ msg }) => msg === 'slice proved');
  expect(proved.map((line) => line.slice).sort()).toEqual([0, 1]);
  expect(second.lines.filter(({ msg }) => msg === 'service failed')).toEqual([]);
  await until(async () => {
    const kept = JSON.parse(await readFile(path.join(settings['data-dir'], 'proofs', proofs[0]), 'utf8')) as {
      outcome?: { kind: string };
    };
    return kept.outcome?.kind === 'paid' ? true : undefined;
  });

  expect(await second.kill('SIGTERM')).toBe(0);
  expect(second.lines.at(-1)?.msg).toBe('node stopped');

  const ask = ['node', 'status', '--config', path.join(world.folder, 'mortal.toml')];
  const table = await runCli(ask, world.chain.keys[2]);
  expect(table.stdout).toContain(account);
  expect(table.stdout).toMatch(/paid/);
  const { stdout } = await runCli([...ask, '--json'], world.chain.keys[2]);
  const status = JSON.parse(stdout) as Record<string, unknown>;
  expect(status).toMatchObject({ account, balance: balance.toString(), reserved: '0', holds: [] });
  expect(status.earnings).toMatchObject({ proofs: 2, executions: 1, slashed: '0' });
  expect((status.proofs as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(['paid', 'paid']);
});
