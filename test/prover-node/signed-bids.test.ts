// Bids that a node signs for its aggregators, on a chain with block times.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { aggregatorOf as aggregatorOfKey } from './support/aggregator.ts';
import type { Aggregator } from '../../verifier/aggregator/service.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';
import { until } from '../support/until.ts';

/** Keys of the executor, two provers, and the aggregator, who needs none of the asset. */
const [EXECUTOR, DEAR, CHEAP, AGGREGATOR] = [2, 3, 4, 5];
/** In wei a day. */
const BUDGET = '1000000000000000000';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const started = async (
  name: string,
  key: number,
  overrides: object,
): Promise<RunningNode & { lines: ReturnType<typeof listeningLog>['lines'] }> => {
  const { log, lines } = listeningLog();
  const settings = world.settings(name, { roles: ['prove'], bids: 'sign', ...overrides });
  return { ...(await startNode({ settings, privateKey: world.chain.keys[key], log })), lines };
};
const aggregatorOf = (flags: object): Promise<Aggregator> =>
  aggregatorOfKey(world, { ...flags }, world.chain.keys[AGGREGATOR]);
const executor = (): Promise<RunningNode> =>
  startNode({
    settings: world.settings('executor', { roles: ['execute'] }),
    privateKey: world.chain.keys[EXECUTOR],
    log: listeningLog().log,
  });
/** What an account called of the market since a block, by name. */
const callsOf = async (address: string, from: number): Promise<readonly string[]> => {
  const { provider, contracts } = world.client;
  const calls: string[] = [];
  const head = await provider.getBlockNumber();
  for (let number = from + 1; number <= head; number++) {
    const block = await provider.getBlock(number, true);
    for (const sent of block?.prefetchedTransactions ?? []) {
      if (sent.from !== address) continue;
      calls.push(contracts.market.interface.parseTransaction(sent)?.name ?? 'another');
    }
  }
  return calls;
};

describe('a node that signs its bids', () => {
  test('wins, proves and is paid without a transaction; of two the cheaper wins', async () => {
    const offer = { bidWindow: 20 };
    const aggregator = await aggregatorOf({ bidBudget: BUDGET, maxAgeSeconds: 1, bidAgeSeconds: 1 });
    const dear = await started('dear', DEAR, {
      aggregator: [aggregator.url],
      costPerSecond: '0.00000000000002',
    });
    const begin = await world.client.provider.getBlockNumber();
    const runs = await executor();
    try {
      // The first job is one prover's alone.
      const first = await world.post(31, offer);
      await waitForJob(world.client, first);
      const { market } = world.client.contracts;
      const paid = await market.queryFilter(market.filters.SlicesSettled(first));
      expect(new Set(paid.map(({ args }) => args.prover))).toEqual(new Set([dear.account]));
      expect(await callsOf(dear.account, begin)).toEqual(['depositWithPermit']);
      expect(await callsOf(aggregator.settler, begin)).toContain('bidSigned');
      expect(dear.lines.map(({ message }) => message)).toContain('signed bid was brought');

      const models = [world.model.model.modelId];
      const cheap = await started('cheap', CHEAP, { aggregator: [aggregator.url], models });
      const ready = 'circuit proved once under its registered key';
      await until(() => cheap.lines.filter(({ message }) => message === ready).length === 2);
      const since = await world.client.provider.getBlockNumber();
      try {
        const second = await world.post(32, { bidWindow: 40 });
        await waitForJob(world.client, second);
        const settled = await market.queryFilter(market.filters.SlicesSettled(second));
        expect(new Set(settled.map(({ args }) => args.prover))).toEqual(new Set([cheap.account]));
        expect(await callsOf(dear.account, begin)).toEqual(['depositWithPermit']);
        expect((await callsOf(cheap.account, since)).filter((name) => name.startsWith('bid'))).toEqual([]);
      } finally {
        await cheap.stop();
      }
      expect([...dear.lines].filter(({ level }) => level === 'error')).toEqual([]);
    } finally {
      await Promise.all([runs.stop(), dear.stop()]);
      await aggregator.close();
    }
  });

  test('sends its bid by itself where no aggregator takes it, or none is there', async () => {
    const aggregator = await aggregatorOf({ maxAgeSeconds: 1 });
    const begin = await world.client.provider.getBlockNumber();
    const node = await started('by-itself', DEAR, { aggregator: ['http://127.0.0.1:9', aggregator.url] });
    const runs = await executor();
    try {
      const jobId = await world.post(33, { bidWindow: 20 });
      await waitForJob(world.client, jobId);
      expect(await callsOf(node.account, begin)).toContain('bid');
      const codes = node.lines.filter(({ message }) => message === 'aggregator did not take a signed bid');
      expect(codes.map(({ code }) => code)).toEqual(['NODE_AGGREGATOR_AWAY', 'NODE_AGGREGATOR_REFUSED']);
    } finally {
      await Promise.all([runs.stop(), node.stop()]);
      await aggregator.close();
    }
  });

  test('sends what a taken bid was not brought for in its time, and never has both', async () => {
    // One that takes bids and waits for ever.
    const aggregator = await aggregatorOf({ bidBudget: BUDGET, maxAgeSeconds: 1, maxGasPrice: '1' });
    const begin = await world.client.provider.getBlockNumber();
    const node = await started('unserved', DEAR, { aggregator: [aggregator.url] });
    const runs = await executor();
    try {
      const jobId = await world.post(34, { bidWindow: 8 });
      const expired = await until(() => node.lines.find(({ result }) => result === 'expired'));
      expect(expired).toMatchObject({ jobId, aggregator: aggregator.url });
      await until(async () => (await callsOf(node.account, begin)).includes('bid'));
      const { market } = world.client.contracts;
      // Both slices, in one bid or in two, and none of them twice.
      const placed = await until(async () => {
        const events = await market.queryFilter(market.filters.BidPlaced(jobId));
        const masks = events.map(({ args }) => args.slices);
        return masks.reduce((all, mask) => all | mask, 0n) === 0b11n ? masks : undefined;
      });
      expect(placed.reduce((sum, mask) => sum + mask, 0n)).toBe(0b11n);
    } finally {
      await Promise.all([runs.stop(), node.stop()]);
      await aggregator.close();
    }
  });
});
