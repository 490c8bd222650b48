import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobResult } from '../../client/jobs/job-result.ts';
import { JOB_STATES, SLICE_STATES } from '../../protocol/contracts/states.ts';
import { startNode } from '../../prover-node/node.ts';
import type { ProofRow } from '../../prover-node/status/server.ts';
import { aggregatorOf } from './support/aggregator.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';
import { inAsset } from '../support/in-asset.ts';
import { until } from '../support/until.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const stateOf = async (jobId: string): Promise<string> =>
  JOB_STATES[Number((await world.client.contracts.market.jobOf(jobId)).state)];

const finalized = (jobId: string): Promise<true> =>
  until(async () => ((await stateOf(jobId)) === 'finalized' ? true : undefined));

const sliceOf = async (jobId: string, index: number) => {
  const view = await world.client.contracts.market.sliceOf(jobId, index);
  return { state: SLICE_STATES[Number(view.state)], holder: view.holder, unitPrice: view.unitPrice };
};

describe('a node', () => {
  test('executes, bids, proves, settles and is paid, alone with its chain and its store', async () => {
    const { log, lines } = listeningLog();
    const settings = world.settings('alone', { statusPort: 0 }, false);
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log });
    try {
      const jobId = await world.post(1);
      await finalized(jobId);
      const result = await jobResult(world.client, jobId);
      expect([...result.outputs[0].integers]).toEqual([...sampleOf(1).output]);
      const { balance, reserved } = await world.client.contracts.market.accountOf(node.account);
      expect(reserved).toBe(0n);

      const rows = await until(async () => {
        const answer = await fetch(`${node.url}/proofs`);
        const { proofs } = (await answer.json()) as { proofs: ProofRow[] };
        return proofs.length === 2 && proofs.every(({ outcome }) => outcome === 'paid') ? proofs : undefined;
      });
      for (const row of rows) {
        expect(row.jobId).toBe(jobId);
        expect(row.constraints).toBe(world.model.manifest.slices[row.slice].constraints);
        expect(row.proveSeconds).toBeGreaterThan(0);
        expect(row.peakRssBytes).toBeGreaterThan(1e7);
        const { weight } = world.model.manifest.slices[row.slice];
        const { unitPrice } = await sliceOf(jobId, row.slice);
        expect(BigInt(row.pricePaid as string)).toBe(unitPrice * BigInt(weight));
      }
      // The node hears of the payments from the chain's events, and may be behind by some.
      const metrics = await until(async () => {
        const text = await (await fetch(`${node.url}/metrics`)).text();
        return /^sliceproof_node_earnings\{kind="executing"\} [1-9]/m.test(text) ? text : undefined;
      });
      expect(metrics).toMatch(/^sliceproof_node_bids_total\{result="taken"\} 2$/m);
      expect(metrics).toMatch(/^sliceproof_node_proofs_total 2$/m);
      const earned = /^sliceproof_node_earnings\{kind="(\w+)"\} (\d+)$/gm;
      const gained = [...metrics.matchAll(earned)].reduce((sum, [, , value]) => sum + BigInt(value), 0n);
      expect(balance).toBe(settings.depositTarget + gained);
      expect((await fetch(`${node.url}/health`)).status).toBe(200);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    } finally {
      await node.stop();
    }
  });

  test('that is cheaper wins the slices at a price above its cost, and an aggregator settles them', async () => {
    const aggregator = await aggregatorOf(world, { maxBatch: 2, maxAgeSeconds: 60 });
    const start = (name: string, key: number, costPerSecond: bigint, roles: readonly string[]) =>
      startNode({
        settings: world.settings(name, {
          costPerSecond: inAsset(costPerSecond),
          roles,
          aggregator: [aggregator.url],
        }),
        privateKey: world.chain.keys[key],
        log: listeningLog().log,
      });
    // A proof takes some tenths of a second here: their costs are apart by far more than that varies.
    const dear = await start('dear', 2, 1_000_000n, ['execute', 'prove']);
    const cheap = await start('cheap', 3, 1_000n, ['prove']);
    try {
      const jobId = await world.post(2, { bidWindow: 3_600 });
      for (const index of [0, 1]) {
        await until(async () => (await sliceOf(jobId, index)).holder === cheap.account);
      }
      await world.chain.advance(3_600);
      await finalized(jobId);
      for (const index of [0, 1]) {
        const { state, holder, unitPrice } = await sliceOf(jobId, index);
        expect({ state, holder }).toEqual({ state: 'settled', holder: cheap.account });
        expect(unitPrice).toBeGreaterThan(0n);
      }
      const { SlicesSettled } = world.client.contracts.market.filters;
      const settled = await world.client.contracts.market.queryFilter(SlicesSettled(jobId));
      expect(new Set(settled.map(({ transactionHash }) => transactionHash)).size).toBe(1);
      expect(settled.reduce((mask, { args }) => mask | args.slices, 0n)).toBe(0b11n);
      expect(new Set(settled.map(({ args }) => args.settler))).toEqual(new Set([aggregator.settler]));
      expect((await world.client.contracts.market.jobOf(jobId)).executor).toBe(dear.account);
    } finally {
      await Promise.all([dear.stop(), cheap.stop()]);
      await aggregator.close();
    }
  });

  test('settles by itself in time when its aggregator is away', async () => {
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('forsaken', { aggregator: ['http://127.0.0.1:9'], settleMargin: 1_800 }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      const jobId = await world.post(4);
      const index = (): number =>
        lines.findIndex(({ message }) => message === 'aggregator did not take a proof');
      const tried = await until(() => Math.max(0, index()));
      // Each slice's time to prove began with its own bid.
      for (const slice of [0, 1])
        await until(async () => (await sliceOf(jobId, slice)).holder === node.account);
      // Half of the time to prove is left.
      await world.chain.advance(1_800);
      await finalized(jobId);
      const settled = lines.findIndex(({ message }) => message === 'settled by the node itself');
      expect(tried).toBeGreaterThan(0);
      expect(settled).toBeGreaterThan(tried);
    } finally {
      await node.stop();
    }
  });

  test('proves what another held and let lapse, and books the lapse for its reward', async () => {
    const { market } = world.client.contracts;
    // It wins and never proves: its aggregator takes nothing and its margin is none.
    const lost = await startNode({
      settings: world.settings('lost', {
        aggregator: ['http://127.0.0.1:9'],
        settleMargin: 0,
        keeper: false,
      }),
      privateKey: world.chain.keys[2],
      log: listeningLog().log,
    });
    const jobId = await world.post(3);
    await until(async () => {
      const slices = await Promise.all([0, 1].map((slice) => sliceOf(jobId, slice)));
      return slices.every(({ holder }) => holder === lost.account) ? true : undefined;
    });
    await lost.stop();
    const before = (await market.accountOf(lost.account)).reserved;
    await world.chain.advance(4_000);
    const rescuer = await startNode({
      settings: world.settings('rescuer', { roles: ['prove'], backend: 'native-js' }),
      privateKey: world.chain.keys[3],
      log: listeningLog().log,
    });
    try {
      await until(async () => {
        const { dueCount, settledCount } = await market.jobOf(jobId);
        return dueCount === settledCount ? true : undefined;
      });
      const paid = await market.queryFilter(market.filters.SlicesSettled(jobId));
      expect(new Set(paid.map(({ args }) => args.prover))).toEqual(new Set([rescuer.account]));
      const lapses = await market.queryFilter(market.filters.SlicesLapsed(jobId));
      expect(lapses.reduce((mask, { args }) => mask | args.slices, 0n)).toBe(0b11n);
      for (const { args } of lapses) {
        expect([args.holder, args.caller]).toEqual([lost.account, rescuer.account]);
      }
      expect((await market.accountOf(lost.account)).reserved).toBeLessThan(before);
    } finally {
      await rescuer.stop();
    }
  });
});
