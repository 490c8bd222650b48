import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDecoder } from '../../indexer/projection/events.ts';
import { openDatabase } from '../../protocol/database/open.ts';
import { createTestDatabase, postgresUrl } from '../protocol/database/postgres.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { until } from '../support/until.ts';
import { contentsOf, follow, indexPool, type TestIndex } from './support/index.ts';
import { openMarket, type Market, type Role } from './support/market.ts';
import { keptPeriods, periodsOfRows } from './support/periods.ts';
import { startIndexerProcess } from './support/process.ts';

/** More with SLICEPROOF_FUZZ: a night's run is 200 and more. */
const FUZZ = Number(process.env.SLICEPROOF_FUZZ ?? 1);
const ROUNDS = Math.ceil(4 * FUZZ);
const KILLS = Math.ceil(2 * FUZZ);
const SEED = Number(process.env.SLICEPROOF_SEED ?? 20261130);
/** Blocks that can be undone; some reorganisations are deeper. */
const FINALITY = 6;
const DEEPER = 20;

const server = await postgresUrl();
const indexes = indexPool();
let anvil: Anvil;
let market: Market;
/** The market's own blocks: below them nothing is reorganised. */
let begun: number;
let folder: string;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  begun = await anvil.provider.getBlockNumber();
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-reorganisations-'));
});
afterAll(async () => {
  await indexes.close();
  await anvil.stop();
  await rm(folder, { recursive: true, force: true });
});

type Pick = (below: number) => number;

/** Numbers that follow from a seed. */
function picking(seed: number): Pick {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Something that somebody may try; what the contracts refuse changes nothing. */
async function act(pick: Pick, jobs: string[]): Promise<void> {
  const jobId = jobs[pick(jobs.length)];
  const prover: Role = pick(2) === 0 ? 'alice' : 'bob';
  const kind = jobId === undefined ? 0 : pick(10);
  try {
    if (kind <= 1) jobs.push(await market.post({ challengeSeconds: 300 * pick(2) }));
    else if (kind === 2 || kind === 3) {
      await market.claim(jobId);
      await market.commitTrace(jobId);
    } else if (kind === 4) await market.bid(jobId, prover, [pick(3)]);
    else if (kind === 5) await market.bid(jobId, 'bob', [pick(3)], 900n);
    else if (kind === 6 || kind === 7) {
      await anvil.pass(11);
      await market.settle([
        { jobId, slice: pick(3), prover },
        { jobId, slice: pick(3), prover: 'bob' },
      ]);
    } else if (kind === 8) {
      await anvil.pass(61);
      await (await market.as('settler').market.slash(jobId, 7)).wait();
    } else {
      // Hours and days go by.
      await anvil.pass(pick(2) * 4_000);
      await (await market.as('requester').market.cancel(jobId)).wait();
    }
  } catch {
    // Refused.
  }
}

async function acts(count: number, pick: Pick, jobs: string[]): Promise<void> {
  for (let i = 0; i < count; i++) await act(pick, jobs);
}

/** Shallow, as deep as can be undone, or deeper; other events come in the place of some. */
async function reorganise(pick: Pick, jobs: string[]): Promise<void> {
  const depth = [1 + pick(3), 1 + pick(FINALITY), FINALITY + 1 + pick(DEEPER)][pick(3)];
  const head = await anvil.provider.getBlockNumber();
  await anvil.reorganise(Math.min(depth, head - begun));
  await acts(pick(4), pick, jobs);
  await anvil.mine(1 + pick(2));
}

async function freshContents(): Promise<Record<string, readonly unknown[]>> {
  const index = await indexes.open(server);
  const following = follow(index, anvil.provider, market.deployment, { finality: 1_000 });
  await following.caughtUp();
  await following.stop();
  const contents = await contentsOf(index);
  await index.close();
  return contents;
}

async function expectSame(index: TestIndex, why: object): Promise<void> {
  expect({ ...why, ...(await contentsOf(index)) }).toEqual({ ...why, ...(await freshContents()) });
}

test('whatever happened and was reorganised away, rows and periods are those of the chain that is left', async () => {
  const pick = picking(SEED);
  const jobs: string[] = [];
  const index = await indexes.open(server);
  const following = follow(index, anvil.provider, market.deployment, { finality: FINALITY });
  await following.caughtUp();
  for (let round = 0; round < ROUNDS; round++) {
    await acts(4 + pick(8), pick, jobs);
    if (pick(2) === 0) await following.caughtUp();
    await reorganise(pick, jobs);
    await following.caughtUp();
    await expectSame(index, { seed: SEED, round });
    expect(await keptPeriods(index)).toEqual(await periodsOfRows(index, createDecoder(market.deployment)));
  }
  expect((await keptPeriods(index)).length).toBeGreaterThan(4);
  await following.stop();
  await index.close();
});

test('a process that is killed while its chain is reorganised ends where a fresh one does', async () => {
  const pick = picking(SEED + 1);
  const jobs: string[] = [];
  const deployment = path.join(folder, 'deployment.json');
  await writeFile(deployment, JSON.stringify(market.deployment));
  const made = server === undefined ? undefined : await createTestDatabase(server);
  const place = made === undefined ? ['--data-dir', path.join(folder, 'index')] : [];
  const start = () =>
    startIndexerProcess(
      ['--rpc', anvil.url, '--deployment', deployment, '--finality', String(FINALITY), ...place],
      made === undefined ? {} : { DATABASE_URL: made.url },
    );
  let indexer = await start();
  for (let i = 0; i < KILLS; i++) {
    await acts(4 + pick(6), pick, jobs);
    await until(async () => ((await indexer.health()).cursor ?? -1) >= begun);
    await reorganise(pick, jobs);
    await indexer.kill();
    await acts(pick(3), pick, jobs);
    if (pick(2) === 0) await reorganise(pick, jobs);
    indexer = await start();
  }
  const head = (await anvil.provider.getBlock('latest'))!;
  await until(async () => {
    const { state, cursor } = await indexer.health();
    return state === 'live' && cursor === head.number;
  });
  expect(await indexer.terminate()).toBe(0);
  const database = await openDatabase({ url: made?.url, folder: path.join(folder, 'index') });
  const found = await contentsOf({ database } as TestIndex);
  await database.close();
  await made?.drop();
  expect({ seed: SEED, ...found }).toEqual({ seed: SEED, ...(await freshContents()) });
});
