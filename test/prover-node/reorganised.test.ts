// A chain that takes back what a node did: the transaction is gone, and not in any pool.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { startNode, type RunningNode } from '../../prover-node/node.ts';
import { until } from '../support/until.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

const { log, lines } = listeningLog();
let world: World;
let node: RunningNode;
beforeAll(async () => {
  world = await openWorld();
  node = await startNode({
    settings: world.settings('undone', { statusPort: 0 }),
    privateKey: world.chain.keys[2],
    log,
  });
});
afterAll(async () => {
  await node?.stop();
  await world?.close();
});

type Event = 'ExecutionClaimed' | 'TraceCommitted' | 'BidPlaced' | 'SlicesSettled' | 'JobFinalized';

/** The block of a job's newest event. */
async function blockOf(jobId: string, name: Event): Promise<number | undefined> {
  const { market } = world.client.contracts;
  const events = await market.queryFilter(market.filters[name](jobId));
  return events.at(-1)?.blockNumber;
}

/** Replaces the blocks from one on by empty ones. */
async function undo(from: number): Promise<void> {
  const { provider } = world.chain;
  await provider.send('anvil_reorg', [(await provider.getBlockNumber()) - from + 1, []]);
}

/** What the node says that it was paid for so far. */
async function earned(): Promise<string> {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return /^sliceproof_node_earnings\{kind="proving"\} (\S+)$/m.exec(metrics)?.[1] ?? '';
}

const said = (message: string, jobId: string): number =>
  lines.filter((line) => line.message === message && line.jobId === jobId).length;

test.each<[Event, string]>([
  ['ExecutionClaimed', 'execution claimed'],
  ['TraceCommitted', 'trace committed'],
  ['BidPlaced', 'bid placed'],
  // Only when the node has noted down that it was paid.
  ['SlicesSettled', 'proof resolved'],
  ['JobFinalized', 'keeper acted'],
])('%s: what a reorganisation takes away is done again', async (event, message) => {
  const { market } = world.client.contracts;
  const jobId = await world.post(1);
  await until(() => said(message, jobId) > 0);
  await undo(await until(() => blockOf(jobId, event)));
  await until(async () => JOB_STATES[Number((await market.jobOf(jobId)).state)] === 'finalized');
  const { reserved } = await market.accountOf(node.account);
  expect(reserved).toBe(0n);
  expect(lines.filter(({ code }) => code === 'NODE_KEY_AT_WORK')).toEqual([]);
  // Each slice of each job once, whatever was taken back.
  const paid = await market.queryFilter(market.filters.SlicesSettled());
  const sum = paid.reduce((all, { args }) => all + args.price - args.fee + args.raise, 0n);
  await until(async () => Number(await earned()) === Number(sum));
});
