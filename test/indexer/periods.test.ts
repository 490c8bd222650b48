import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';

let anvil: Anvil;
let market: Market;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  await playEverything(anvil, market);
  // Another day.
  await anvil.pass(100_000);
  const jobId = await market.post({ jobSeconds: 10_000 });
  await market.claim(jobId);
  await market.commitTrace(jobId);
  await anvil.pass(3_700);
  await market.settle([0, 1, 2].map((slice) => ({ jobId, slice, prover: 'alice' as const })));
  service = await startService(anvil, market.deployment, undefined);
  await service.caughtUp();
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

interface Period {
  readonly start: number;
  readonly jobs: number | null;
  readonly jobsFinalized: number | null;
  readonly jobsClosed: number | null;
  readonly bids: number;
  readonly slices: number;
  readonly slashed: string;
  readonly volume: string;
  readonly earned: string;
  readonly tips: string;
  readonly fees: string;
  readonly gas: string;
  readonly gasPerSlice: string | null;
  readonly success: number | null;
  readonly activeProvers: number | null;
  readonly unitPrices: { readonly low: string; readonly p50: string; readonly high: string } | null;
  readonly secondsToProof: { readonly low: number; readonly high: number } | null;
}
const FIELDS = `start jobs jobsFinalized jobsClosed bids slices slashed volume earned tips fees gas gasPerSlice success
  activeProvers unitPrices { low p50 high } secondsToProof { low high }`;

const periods = async (args: string): Promise<readonly Period[]> =>
  (await service.query<{ periods: readonly Period[] }>(`{ periods(${args}) { ${FIELDS} } }`)).periods;
const sum = (rows: readonly Period[], column: 'volume' | 'earned' | 'slashed' | 'tips' | 'fees' | 'gas') =>
  rows.reduce((all, row) => all + BigInt(row[column]), 0n);
const count = (
  rows: readonly Period[],
  column: 'jobs' | 'jobsFinalized' | 'jobsClosed' | 'bids' | 'slices',
) => rows.reduce((all, row) => all + (row[column] ?? 0), 0);

test.each(['HOUR', 'DAY'])('what happened by the %s is together what the sums say', async (length) => {
  const rows = await periods(`length: ${length}`);
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.map(({ start }) => start)).toEqual(rows.map(({ start }) => start).toSorted((a, b) => a - b));
  const { totals, settlements } = await service.query<{
    totals: Record<string, string>;
    settlements: { nodes: readonly { gasUsed: string; proofCount: number }[] };
  }>(
    `{ totals { jobs jobsFinalized jobsClosed bids settledSlices slashed paid tips fees }
       settlements(first: 100) { nodes { gasUsed proofCount } } }`,
  );
  expect({
    jobs: count(rows, 'jobs'),
    jobsFinalized: count(rows, 'jobsFinalized'),
    jobsClosed: count(rows, 'jobsClosed'),
    bids: count(rows, 'bids'),
    settledSlices: count(rows, 'slices'),
    slashed: sum(rows, 'slashed').toString(),
    paid: sum(rows, 'volume').toString(),
    tips: sum(rows, 'tips').toString(),
    fees: sum(rows, 'fees').toString(),
  }).toEqual(totals);
  const paying = settlements.nodes.filter(({ proofCount }) => proofCount > 0);
  expect(sum(rows, 'gas')).toBe(paying.reduce((all, { gasUsed }) => all + BigInt(gasUsed), 0n));
});

test('those of the only model are the market’s, and what accounts earned is all that was', async () => {
  const whole = await periods('length: DAY');
  expect(await periods(`length: DAY, model: "${market.modelId}"`)).toEqual(whole);
  const { model } = await service.query<{ model: { periods: readonly Period[] } }>(
    `{ model(id: "${market.modelId}") { periods(length: DAY) { ${FIELDS} } } }`,
  );
  expect(model.periods).toEqual(whole);
  const { accounts } = await service.query<{
    accounts: { nodes: readonly { periods: readonly Period[] }[] };
  }>(`{ accounts(first: 40) { nodes { periods(length: DAY) { ${FIELDS} } } } }`);
  const own = accounts.nodes.flatMap((account) => account.periods);
  expect(sum(own, 'earned')).toBe(sum(whole, 'earned'));
  expect(own.every(({ jobs, activeProvers }) => jobs === null && activeProvers === null)).toBe(true);
});

test('a prover’s earnings over time add up to its record', async () => {
  for (const name of ['alice', 'bob', 'executor'] as const) {
    const { prover, account } = await service.query<{
      prover: { earnedSlices: string; earnedExecutions: string; periods: readonly Record<string, string>[] };
      account: { tips: string; periods: readonly Period[] };
    }>(
      `{ prover(address: "${market.address[name]}") { earnedSlices earnedExecutions
           periods(length: HOUR) { earnedSlices earnedExecutions } }
         account(address: "${market.address[name]}") { tips periods(length: HOUR) { ${FIELDS} } } }`,
    );
    const added = (column: string): string =>
      prover.periods.reduce((all, row) => all + BigInt(row[column]), 0n).toString();
    expect([
      added('earnedSlices'),
      added('earnedExecutions'),
      sum(account.periods, 'tips').toString(),
    ]).toEqual([prover.earnedSlices, prover.earnedExecutions, account.tips]);
  }
});

test('prices, times and gas are of the slices that were paid then', async () => {
  const last = (await periods('length: HOUR')).at(-1)!;
  const { proofs } = await service.query<{
    proofs: { nodes: readonly { slice: { unitPrice: string }; settlement: { gasUsed: string } }[] };
  }>('{ proofs(first: 3) { nodes { slice { unitPrice } settlement { gasUsed } } } }');
  const [{ slice, settlement }] = proofs.nodes;
  // One settlement of three slices of one price, an hour after their trace.
  expect(last).toMatchObject({
    jobs: 0,
    slices: 3,
    success: 1,
    activeProvers: 1,
    gas: settlement.gasUsed,
    gasPerSlice: (BigInt(settlement.gasUsed) / 3n).toString(),
  });
  const { low, p50, high } = last.unitPrices!;
  expect([low, high]).toEqual([p50, p50]);
  expect(Math.abs(Number(p50) / Number(slice.unitPrice) - 1)).toBeLessThanOrEqual(1 / 64);
  expect(Math.abs(last.secondsToProof!.low / 3_701 - 1)).toBeLessThan(0.02);
  // In the hour before something happened and nothing was paid.
  const before = (await periods('length: HOUR')).at(-2)!;
  expect(before).toMatchObject({
    jobs: 1,
    slices: 0,
    gasPerSlice: null,
    unitPrices: null,
    secondsToProof: null,
  });
});

test('a part of the time is asked for by its ends, or by how many', async () => {
  const whole = await periods('length: HOUR');
  const [first, last] = [whole[0].start, whole.at(-1)!.start];
  expect(await periods(`length: HOUR, from: ${last}`)).toEqual(whole.slice(-1));
  expect(await periods(`length: HOUR, from: ${first}, until: ${last}`)).toEqual(whole.slice(0, -1));
  expect(await periods('length: HOUR, last: 2')).toEqual(whole.slice(-2));
  expect(await periods('length: HOUR, last: 0')).toEqual([]);
  expect(await periods(`length: HOUR, model: "0x${'12'.repeat(32)}"`)).toEqual([]);
});

test('a period is found again by its name', async () => {
  const { periods: named } = await service.query<{ periods: readonly { nodeId: string; start: number }[] }>(
    '{ periods(length: DAY, last: 1) { nodeId start } }',
  );
  const [{ nodeId, start }] = named;
  expect(await service.query(`{ node(id: "${nodeId}") { nodeId ... on Period { start length } } }`)).toEqual({
    node: { nodeId, start, length: 'DAY' },
  });
});

test('what can’t be answered is refused by name, and what is short isn’t counted as long', async () => {
  const codesOf = async (text: string): Promise<unknown> =>
    (await service.ask(text)).errors?.map(({ extensions }) => extensions?.code);
  const { modelId, address } = market;
  expect(
    await codesOf(`{ periods(length: DAY, model: "${modelId}", account: "${address.bob}") { start } }`),
  ).toEqual(['GRAPHQL_BAD_VALUE']);
  expect(await codesOf('{ periods(length: DAY, last: 1001) { start } }')).toEqual(['GRAPHQL_BAD_PAGE']);
  expect(await codesOf('{ periods(length: DAY, last: -1) { start } }')).toEqual(['GRAPHQL_BAD_PAGE']);
  const nested = (last: string) =>
    `{ accounts(first: 100) { nodes { periods(length: HOUR${last}) { volume } } } }`;
  expect(await codesOf(nested(', last: 600'))).toContain('GRAPHQL_TOO_MANY_ROWS');
  expect(await codesOf(nested(', last: 24'))).toBeUndefined();
});
