import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Sender, SendOptions } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { Attempts } from '../../prover-node/attempts.ts';
import type { JobView } from '../../prover-node/chain/state.ts';
import { KeeperBudget } from '../../prover-node/keep/budget.ts';
import { Keeper } from '../../prover-node/keep/keeper.ts';
import { listeningLog } from './support/world.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const ME = `0x${'11'.repeat(20)}`;
const OTHER = `0x${'22'.repeat(20)}`;
/** As the keeper reckons a claim that ran out: 120,000 gas, at a price of 10. */
const RECKONED = 1_200_000n;

async function open(limit: bigint, file?: string) {
  const time = { now: 1000 * HOUR };
  const { log, lines } = listeningLog();
  const budget = await KeeperBudget.load({
    limit,
    file: file ?? path.join(await mkdtemp(path.join(tmpdir(), 'sliceproof-keeper-')), 'keeper.json'),
    log,
    clock: () => time.now,
  });
  return { budget, time, log, lines };
}

test('a budget holds for any 24 hours, what is under way counted as spent, and over restarts', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'sliceproof-keeper-')), 'keeper.json');
  const { budget, time, lines } = await open(100n, file);
  expect(budget.take(60n)).toBe(true);
  expect(budget.take(60n)).toBe(false);
  expect(budget.exhausted).toBe(true);
  // It cost less than was reckoned with.
  await budget.spend(60n, 30n);
  time.now += HOUR;
  expect([budget.take(60n), budget.exhausted]).toEqual([true, false]);
  await budget.spend(60n, 60n);
  const restarted = await open(100n, file);
  restarted.time.now = time.now;
  expect([restarted.budget.take(11n), restarted.budget.take(11n)]).toEqual([false, false]);
  time.now += 23 * HOUR;
  // What was spent first is a day ago.
  expect([budget.take(41n), budget.take(40n)]).toEqual([false, true]);
  expect(lines.filter(({ code }) => code === 'KEEPER_BUDGET')).toHaveLength(2);
});

/** A keeper whose transactions cost `fee`, and what it did. */
async function keeperOf(limit: bigint, fee: bigint) {
  const { budget, log } = await open(limit);
  const sent: string[] = [];
  const sender = {
    send: (what: string, _build: unknown, { onCost }: SendOptions = {}) => {
      sent.push(what);
      onCost?.(fee);
      return Promise.resolve();
    },
  } as unknown as Sender;
  const attempts = new Attempts({ log, clock: () => 0 });
  const keeper = new Keeper({
    contracts: { market: {} } as unknown as Contracts,
    gasUsed: { record: () => Promise.resolve() },
    pricing: {
      ...{ costPerSecond: 0n, assetPerNative: 0n, marginBps: 0, minMarginBps: 0 },
      ...{ minUnitPrice: 0n, maxUnitPrice: undefined, minProfit: 0n },
    },
    ...{ sender, account: ME, attempts, slashing: true, maxGasPrice: undefined, budget, log },
  });
  const look = async (jobs: readonly JobView[]): Promise<void> => {
    keeper.consider({ jobs, now: 1000, block: 1, gasPrice: 10n } as never);
    await until(() => attempts.underWay === 0);
  };
  return { sent, budget, look };
}

const over = (id: string): JobView =>
  ({
    id,
    state: 'claimed',
    requester: OTHER,
    executor: OTHER,
    claimEnd: 10,
    commitBy: 2000,
    bond: 100n,
    slices: [],
  }) as never;
const own = (id: string): JobView =>
  ({ id, state: 'posted', requester: ME, executor: OTHER, commitBy: 10, slices: [] }) as never;

test('a keeper leaves others’ defaults when its gas of the day is spent, and still gets its own escrow back', async () => {
  const { sent, budget, look } = await keeperOf(2n * RECKONED, RECKONED);
  await look(['a', 'b', 'c', 'd'].map((id) => over(id)));
  expect(sent).toEqual(['slash-execution', 'slash-execution']);
  expect(budget.exhausted).toBe(true);
  await look([over('c'), own('e')]);
  expect(sent.slice(2)).toEqual(['expire']);
});

test('what turned out cheaper leaves room for more', async () => {
  const { sent, look } = await keeperOf(2n * RECKONED, RECKONED / 2n);
  await look(['a', 'b', 'c'].map((id) => over(id)));
  await look([over('c')]);
  expect(sent).toHaveLength(3);
});
