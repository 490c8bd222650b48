import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startIndexer, type RunningIndexer } from '../../indexer/service.ts';
import { indexerSettings } from '../../indexer/settings.ts';
import { BUSY_MS } from '../../indexer/sync/synchroniser.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { createLog } from '../../protocol/log.ts';
import { sleep } from '../../protocol/sleep.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import type { Aggregator } from '../../verifier/aggregator/service.ts';
import { openCountingRpc, type CountingRpc } from '../support/counting-rpc.ts';
import { until } from '../support/until.ts';
import { aggregatorOf } from './support/aggregator.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

/** Between blocks, as on many chains. */
const BLOCK_SECONDS = 4;
/** Calls a minute that an idle service may make, and calls that each transaction of a busy node may add to them. */
const IDLE_CALLS = 20;
const TRANSACTION_CALLS = 7;
/** What a node executes, bids on, proves and settles a job by, at the most: on a slow machine it bids and settles in more pieces. */
const JOB_TRANSACTIONS = 6;

let world: World;
let rpcs: Readonly<Record<'node' | 'indexer' | 'aggregator', CountingRpc>>;
let node: RunningNode;
let indexer: RunningIndexer;
let aggregator: Aggregator;

beforeAll(async () => {
  world = await openWorld(undefined, BLOCK_SECONDS);
  const { chain, deploymentFile, folder } = world;
  // As chains have it: with transactions in blocks of their own besides, how often services look would hang on who sends when.
  await chain.provider.send('evm_setIntervalMining', [BLOCK_SECONDS]);
  rpcs = {
    node: await openCountingRpc(chain.url),
    indexer: await openCountingRpc(chain.url),
    aggregator: await openCountingRpc(chain.url),
  };
  // With the chain's blocks, as operators have it.
  const pollSeconds = undefined;
  aggregator = await aggregatorOf(world, { rpc: rpcs.aggregator.url, pollSeconds, maxAgeSeconds: 8 });
  const settings = world.settings('quiet', {
    rpc: rpcs.node.url,
    pollSeconds,
    aggregator: [aggregator.url],
    models: [world.model.model.modelId],
  });
  node = await startNode({ settings, privateKey: chain.keys[2], log: listeningLog().log });
  indexer = await startIndexer(
    indexerSettings.parse({
      rpc: rpcs.indexer.url,
      deployment: deploymentFile,
      dataDir: path.join(folder, 'indexer'),
      port: 0,
    }),
    await readDeployment(deploymentFile),
    createLog('indexer', 'silent'),
  );
});
afterAll(async () => {
  await node?.stop();
  await indexer?.close();
  await aggregator?.close();
  for (const rpc of Object.values(rpcs ?? {})) rpc.close();
  await world?.close();
});

const head = (): Promise<number> => world.chain.provider.getBlockNumber();

/** By the chain: a busy machine makes its blocks late, or several at once. */
async function chainSeconds(): Promise<number> {
  const block = await world.chain.provider.getBlock('latest');
  return Number(block?.timestamp);
}

async function blocks(count: number): Promise<void> {
  const from = await head();
  await until(async () => (await head()) >= from + count);
}

test('idle services see every block with few calls', async () => {
  // Until the pace of blocks is learned, and no service takes another event for likely.
  await blocks(4);
  await sleep(BUSY_MS);
  for (const rpc of Object.values(rpcs)) rpc.restart();
  const from = await chainSeconds();
  await blocks(10);
  const minutes = ((await chainSeconds()) - from) / 60;
  for (const [name, rpc] of Object.entries(rpcs)) {
    const said = `${name} ${JSON.stringify(rpc.calls())}`;
    expect(rpc.total(), said).toBeLessThanOrEqual(IDLE_CALLS * minutes);
  }
});

test('a busy node makes few calls a transaction, and few transactions a job', async () => {
  rpcs.node.restart();
  const from = await chainSeconds();
  const { market } = world.client.contracts;
  const jobs = await Promise.all([1, 2, 3, 4].map((seed) => world.post(seed)));
  for (const jobId of jobs) {
    await until(async () => JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized');
  }
  const { node: rpc } = rpcs;
  const minutes = ((await chainSeconds()) - from) / 60;
  const said = `in ${minutes.toFixed(1)} minutes ${JSON.stringify(rpc.calls())}`;
  const { eth_sendRawTransaction: transactions } = rpc.calls();
  expect(transactions, said).toBeLessThanOrEqual(JOB_TRANSACTIONS * jobs.length);
  expect(rpc.total(), said).toBeLessThanOrEqual(IDLE_CALLS * minutes + TRANSACTION_CALLS * transactions);
});
