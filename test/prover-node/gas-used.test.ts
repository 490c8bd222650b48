import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { startNode } from '../../prover-node/node.ts';
import { GasUsed } from '../../prover-node/pricing/gas-used.ts';
import { until } from '../support/until.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

const SETTINGS = { bidGas: 110, settleGas: 330, executeGas: 500 };
const AS_SET = { bid: 110n, settle: 330n, execute: 500n };

describe('gas that is reckoned with', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gas-used-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const open = (): Promise<GasUsed> =>
    GasUsed.load(path.join(folder, 'gas.json'), () => SETTINGS, { owner: false });

  test('is as the settings say until three of a kind were seen, then the mean, and for stakes the most', async () => {
    const gas = await open();
    expect([gas.usual, gas.most]).toEqual([AS_SET, AS_SET]);
    for (const used of [100n, 50n]) await gas.record('bid', used);
    expect(gas.usual).toEqual(AS_SET);
    await gas.record('bid', 60n);
    expect(gas.usual).toEqual({ ...AS_SET, bid: 70n });
    expect(gas.most).toEqual({ ...AS_SET, bid: 100n });
    // A mean that is no whole number is rounded against the node.
    await gas.record('bid', 71n);
    expect(gas.usual.bid).toBe(71n);
    expect(await open()).toMatchObject({ usual: gas.usual, most: gas.most });
  });

  test('of an execution is known once both of its steps are', async () => {
    const gas = await open();
    for (let i = 0; i < 5; i++) await gas.record('execution', 20n);
    for (const used of [1n, 2n]) await gas.record('finalize', used);
    expect(gas.usual.execute).toBe(500n);
    await gas.record('finalize', 9n);
    expect([gas.usual.execute, gas.most.execute]).toEqual([24n, 29n]);
  });

  test('forgets what was long ago', async () => {
    const gas = await open();
    await gas.record('settle', 1_000n);
    for (let i = 0; i < 15; i++) await gas.record('settle', 10n);
    expect(gas.most.settle).toBe(1_000n);
    await gas.record('settle', 10n);
    expect([gas.usual.settle, gas.most.settle]).toEqual([10n, 10n]);
  });
});

describe('a node', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  test('notes down what its own transactions took, as their receipts say', async () => {
    const settings = world.settings('learner');
    const node = await startNode({ settings, privateKey: world.chain.keys[2], log: listeningLog().log });
    try {
      const jobId = await world.post(1);
      const { used } = await until(async () => {
        const text = await readFile(path.join(settings.dataDir, 'gas.json'), 'utf8').catch(() => undefined);
        const kept = text === undefined ? undefined : (JSON.parse(text) as Kept);
        return kept?.used.finalize ? kept : undefined;
      });
      const { market } = world.client.contracts;
      const { ExecutionClaimed, TraceCommitted, BidPlaced, SlicesSettled, JobFinalized } = market.filters;
      const gasOf = async (filter: Parameters<typeof market.queryFilter>[0]): Promise<number[]> => {
        const events = await market.queryFilter(filter);
        const hashes = [...new Set(events.map(({ transactionHash }) => transactionHash))];
        const receipts = await Promise.all(
          hashes.map((hash) => world.chain.provider.getTransactionReceipt(hash)),
        );
        return receipts.map((receipt) => Number(receipt?.gasUsed));
      };
      expect(used.execution).toEqual(await gasOf(ExecutionClaimed(jobId)));
      // The trace comes with the claim.
      expect(used.execution).toEqual(await gasOf(TraceCommitted(jobId)));
      expect(used.bid).toEqual(await gasOf(BidPlaced(jobId)));
      expect(used.finalize).toEqual(await gasOf(JobFinalized(jobId)));
      // Two that were settled in one transaction say nothing of one alone.
      const alone = await gasOf(SlicesSettled(jobId));
      expect(used.settle ?? []).toEqual(alone.length === 2 ? alone : []);
    } finally {
      await node.stop();
    }
  });
});

interface Kept {
  readonly used: Readonly<Partial<Record<'bid' | 'settle' | 'execution' | 'finalize', readonly number[]>>>;
}
