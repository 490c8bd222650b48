import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../../protocol/log.ts';
import type { Aggregator } from '../../../verifier/aggregator/service.ts';
import { proofsAt, settlementsAt, startTestAggregator, submit } from '../support/aggregator.ts';
import { openWorld, ROLES, type World } from '../support/world.ts';
import { until } from '../../support/until.ts';

const [A] = ROLES.provers;
const MINUTE = 60_000;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const healthOf = async ({ url }: Aggregator): Promise<{ status: number; reasons: { code: string }[] }> => {
  const response = await fetch(`${url}/health`);
  const { reasons } = (await response.json()) as { reasons: { code: string }[] };
  return { status: response.status, reasons };
};

test('two aggregators with one key and databases of their own settle nothing twice, and each names the other', async () => {
  let shift = 0;
  /** As on a machine of its own, where no lock of another reaches. */
  const start = (name: string): Promise<Aggregator> => {
    vi.stubEnv('XDG_STATE_HOME', path.join(world.folder, `state-${name}`));
    const log = createLog('aggregator', 'silent');
    return startTestAggregator(world, name, { maxBatch: 2 }, log, () => Date.now() + shift);
  };
  const [left, right] = [await start('left'), await start('right')];
  onTestFinished(async () => void (await Promise.all([left.close(), right.close()])));
  for (const one of [left, right]) expect(await healthOf(one)).toEqual({ status: 200, reasons: [] });
  // Both have worked for a while.
  shift = 3 * MINUTE;

  const { provider } = world.chain;
  const account = world.addressOf(ROLES.aggregator);
  const job = await world.post();
  await world.bid(job, A, [0, 1]);
  const proofs = [await world.prove(job, 0, A), await world.prove(job, 1, A)];
  const used = await provider.getTransactionCount(account);
  const mine = async (is: boolean): Promise<void> => {
    await provider.send('evm_setAutomine', [is]);
    await provider.send('evm_setIntervalMining', [is ? 1 : 0]);
  };
  // Before the window is over nobody is paid, and it ends by blocks.
  await until(async () => {
    const { windowEnd } = await world.contracts.market.sliceOf(job.jobId, 1);
    return Number((await provider.getBlock('latest'))?.timestamp) > Number(windowEnd);
  });
  onTestFinished(() => mine(true));
  await mine(false);
  for (const proof of proofs) expect((await submit(left.url, proof)).status).toBe(202);
  await until(async () => (await provider.getTransactionCount(account, 'pending')) === used + 1);
  // The other has looked, found them unpaid, and waits for the nonce.
  for (const proof of proofs) expect((await submit(right.url, proof)).status).toBe(202);
  await until(async () => {
    const { underWay } = (await (await fetch(`${right.url}/health`)).json()) as {
      underWay: { what: string; reason: string } | null;
    };
    return underWay?.what === 'settle' && underWay.reason === 'earlier';
  });
  await mine(true);
  await until(async () => (await settlementsAt(left.url))[0]?.state === 'mined');
  await until(async () => (await proofsAt(right.url, job.jobId, 1))[0].state === 'dropped');
  expect(await settlementsAt(left.url)).toMatchObject([{ proofs: 2, paid: 2 }]);
  expect(await settlementsAt(right.url)).toEqual([]);
  expect((await proofsAt(right.url, job.jobId, 0))[0].reason).toBe('already-settled');
  expect(await provider.getTransactionCount(account)).toBe(used + 1);
  const named = { status: 503, reasons: [expect.objectContaining({ code: 'KEY_AT_WORK' })] };
  expect(await healthOf(right)).toEqual(named);
  // What the other one has done so far is nothing.
  expect(await healthOf(left)).toEqual({ status: 200, reasons: [] });

  const next = await world.post();
  await world.bid(next, A, [0, 1]);
  for (const slice of [0, 1]) await submit(right.url, await world.prove(next, slice, A));
  await until(async () => (await settlementsAt(right.url))[0]?.state === 'mined');
  shift += MINUTE;
  await until(async () => (await healthOf(left)).status === 503);
  expect(await healthOf(left)).toEqual(named);
  // Ten minutes without a sign of the other.
  shift += 12 * MINUTE;
  for (const one of [left, right]) expect((await healthOf(one)).status).toBe(200);
});
