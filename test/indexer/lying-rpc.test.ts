import type { JsonRpcProvider } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../protocol/chain/provider.ts';
import { createLog } from '../../protocol/log.ts';
import { openProvider, startAnvil, type Anvil } from '../support/anvil.ts';
import { until } from '../support/until.ts';
import { contentsOf, follow, indexPool } from './support/index.ts';
import { openLyingRpc, type Lie, type RpcCall, type RpcLog } from './support/lying-rpc.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';

let anvil: Anvil;
let market: Market;
let truth: Record<string, readonly unknown[]>;
const indexes = indexPool();
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  await playEverything(anvil, market);
  await anvil.mine(20);
  const index = await indexes.open(undefined);
  const following = follow(index, anvil.provider, market.deployment, { finality: 8 });
  await following.caughtUp();
  truth = await contentsOf(index);
  await following.stop();
  await index.close();
});
afterAll(async () => {
  await indexes.close();
  await anvil.stop();
});

const DEPOSITED = '0x8752a472e571a816aea92eec8dae9baf628e840f4929fbcc2d155e6233ff68a7';
const isLogs = ({ method }: RpcCall): boolean => method === 'eth_getLogs';
const isRange = ({ method, params: [filter] }: RpcCall): boolean =>
  method === 'eth_getLogs' && Object.hasOwn(filter as object, 'fromBlock');
const logsOf = (result: unknown): RpcLog[] => [...(result as RpcLog[])];
/** Refused as by a service that doesn't have it. */
const withoutReceipts =
  (lie: Lie): Lie =>
  (call, result, count) => {
    if (call.method === 'eth_getBlockReceipts') throw new Error('method not found');
    return lie(call, result, count);
  };

const lies: readonly (readonly [string, Lie])[] = [
  [
    'the last third of a range',
    (c, r) => (isRange(c) ? logsOf(r).slice(0, Math.ceil((logsOf(r).length * 2) / 3)) : r),
  ],
  ['everything of a range', (c, r) => (isRange(c) ? [] : r)],
  [
    'one deposit of a range',
    (c, r) => {
      if (!isRange(c)) return r;
      const logs = logsOf(r);
      const at = logs.findIndex(({ topics }) => topics[0] === DEPOSITED);
      return logs.filter((_, i) => i !== at);
    },
  ],
  [
    'every third block of those asked for by hash',
    (c, r) => (isLogs(c) && !isRange(c) && Number(logsOf(r)[0]?.blockNumber) % 3 === 0 ? [] : r),
  ],
  [
    'one event of each block that has more',
    (c, r) =>
      isLogs(c)
        ? logsOf(r).filter(
            ({ blockNumber, logIndex }, i, all) =>
              i === 0 || all[i - 1].blockNumber !== blockNumber || Number(logIndex) % 2 === 0,
          )
        : r,
  ],
  [
    'nothing, and says everything twice, in disorder',
    (c, r) => (isLogs(c) ? [...logsOf(r), ...logsOf(r)].reverse() : r),
  ],
  [
    'nothing, and adds what was removed and what is of others',
    (c, r) => {
      if (!isLogs(c) || logsOf(r).length === 0) return r;
      const [first] = logsOf(r);
      return [
        ...logsOf(r),
        { ...first, logIndex: '0x99', removed: true },
        { ...first, logIndex: '0x98', address: `0x${'12'.repeat(20)}` },
      ];
    },
  ],
];

describe('an RPC that leaves out', () => {
  test.each(lies)('%s makes no other index', async (_, lie) => {
    await expectTruth(lie, 8);
  });

  test('events, and gives no receipts of blocks, makes no other index', async () => {
    await expectTruth(withoutReceipts(lies[2][1]), 8);
  });

  test('receipts as well is waited for, and booked nothing of', async () => {
    const lie: Lie = (call, result) => {
      if (isLogs(call)) return logsOf(result).filter(({ topics }) => topics[0] !== DEPOSITED);
      if (call.method !== 'eth_getBlockReceipts') return result;
      return (result as { logs: RpcLog[] }[]).map((receipt) => ({
        ...receipt,
        logs: receipt.logs.filter(({ topics }) => topics[0] !== DEPOSITED),
      }));
    };
    const rpc = await openLyingRpc(anvil.url, lie);
    const provider = openProvider(rpc.url, 31337);
    const index = await indexes.open(undefined);
    const following = follow(index, provider, market.deployment, { finality: 8 });
    await until(() => following.synchroniser.status.failure === 'CHAIN_INCOMPLETE');
    expect(await index.prisma.ledgerEntry.count({ where: { kind: { not: 'DEPOSIT' } } })).toBe(0);
    // It mends by itself.
    rpc.lie = (_, result) => result;
    await following.caughtUp();
    expect(await contentsOf(index)).toEqual(truth);
    await following.stop();
    await index.close();
    provider.destroy();
    rpc.close();
  });

  test('events is passed over for another that is named', async () => {
    const lie = withoutReceipts((call, result) => {
      if (call.method === 'eth_getTransactionReceipt') throw new Error('method not found');
      return isLogs(call) ? [] : result;
    });
    const rpc = await openLyingRpc(anvil.url, lie);
    const stop = new AbortController();
    const provider: JsonRpcProvider = await connect({
      rpc: `${rpc.url},${anvil.url}`,
      log: createLog('test', 'silent'),
      signal: stop.signal,
    });
    const index = await indexes.open(undefined);
    const following = follow(index, provider, market.deployment, { finality: 8 });
    await following.caughtUp();
    expect(await contentsOf(index)).toEqual(truth);
    await following.stop();
    stop.abort();
    await index.close();
    provider.destroy();
    rpc.close();
  });
});

test('a history that is found incomplete is read again', async () => {
  const index = await indexes.open(undefined);
  const following = follow(index, anvil.provider, market.deployment, { finality: 8 });
  await following.caughtUp();
  await following.stop();
  // As an index that believed an RPC which left out a model has it.
  await index.database.query('DELETE FROM "Model"');
  const again = follow(index, anvil.provider, market.deployment, { finality: 8 });
  await market.post();
  await anvil.mine(1);
  await again.caughtUp();
  expect(await index.prisma.job.count()).toBe(9);
  expect(await index.prisma.model.count()).toBeGreaterThan(0);
  await again.stop();
  await index.close();
});

async function expectTruth(lie: Lie, finality: number): Promise<void> {
  const rpc = await openLyingRpc(anvil.url, lie);
  const provider = openProvider(rpc.url, 31337);
  const index = await indexes.open(undefined);
  const following = follow(index, provider, market.deployment, { finality });
  await following.caughtUp();
  expect(await contentsOf(index)).toEqual(truth);
  await following.stop();
  await index.close();
  provider.destroy();
  rpc.close();
}
