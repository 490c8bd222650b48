import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';

let anvil: Anvil;
let market: Market;
let service: TestService;
let jobs: readonly string[];
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  ({ jobs } = await playEverything(anvil, market));
  // Due when they are drawn, and when they are challenged: each has its own ramp.
  const drawn = await market.post({ required: 1, audits: 1, contestable: 0b10, challengeSeconds: 300 });
  await market.claim(drawn);
  await market.commitTrace(drawn);
  const challenged = await market.post({ required: 1, challengeSeconds: 300 });
  await (await market.as('requester').market.raiseOffer(challenged, 6_000)).wait();
  await market.claim(challenged);
  await market.commitTrace(challenged);
  await anvil.pass(30);
  await (await market.as('settler').market.draw(drawn)).wait();
  await (await market.as('alice').market.challenge(challenged, 2)).wait();
  const cancelled = await market.post();
  await market.claim(cancelled);
  await market.commitTrace(cancelled);
  await market.bid(cancelled, 'alice', [0]);
  await (await market.as('requester').market.cancel(cancelled)).wait();
  const untraced = await market.post();
  const fresh = await market.post();
  await market.claim(fresh);
  await market.commitTrace(fresh);
  await market.bid(fresh, 'alice', [0]);
  jobs = [...jobs, drawn, challenged, cancelled, untraced, fresh];
  service = await startService(anvil, market.deployment, undefined);
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

interface SliceRow {
  readonly id: string;
  readonly jobId: string;
  readonly index: number;
  readonly biddable: boolean;
  readonly unitPriceNow: string | null;
}

const FIELDS = 'nodes { id jobId index biddable unitPriceNow }';

/** Compares with what the contract lets bob bid; @returns what can be bid on */
async function expectAsTheContract(): Promise<readonly SliceRow[]> {
  await service.caughtUp();
  const { all, some, none } = await service.query<
    Record<'all' | 'some' | 'none', { nodes: SliceRow[]; totalCount: number }>
  >(
    `{ all: slices(first: 100) { ${FIELDS} totalCount }
       some: slices(first: 100, where: { biddable: { equals: true } }) { ${FIELDS} totalCount }
       none: slices(first: 100, where: { NOT: { biddable: { equals: true } } }) { ${FIELDS} totalCount } }`,
  );
  expect(all.nodes).toHaveLength(4 * jobs.length);
  expect(some.totalCount + none.totalCount).toBe(all.totalCount);
  const { market: contract } = market.as('bob');
  const takes = async ({ jobId, index }: SliceRow, unitPrice: bigint): Promise<boolean> => {
    const { traceHash } = await contract.jobOf(jobId);
    const mask = 1n << BigInt(index);
    return (
      (await contract.bid.staticCall(market.address.bob, jobId, traceHash, mask, unitPrice, {
        blockTag: 'latest',
      })) === mask
    );
  };
  for (const slice of all.nodes) {
    const { id, unitPriceNow, biddable } = slice;
    expect([id, biddable]).toEqual([id, unitPriceNow !== null]);
    if (unitPriceNow === null) expect([id, await takes(slice, 1n)]).toEqual([id, false]);
    else {
      expect([id, await takes(slice, BigInt(unitPriceNow))]).toEqual([id, true]);
      expect([id, await takes(slice, BigInt(unitPriceNow) + 60n * 50n)]).toEqual([id, false]);
    }
  }
  expect(some.nodes).toEqual(all.nodes.filter(({ biddable }) => biddable));
  return some.nodes;
}

test('what can be bid on, and for how much, is what the contract says', async () => {
  const first = await expectAsTheContract();
  expect(first.length).toBeGreaterThan(4);
  // The bidding window of what is held is over.
  await anvil.pass(20);
  const later = await expectAsTheContract();
  expect(later.length).toBeLessThan(first.length);
  // Nobody could prove it in time.
  await anvil.pass(2000);
  expect(await expectAsTheContract()).toEqual([]);
});

test('rows are found by what they are of', async () => {
  const { slices } = await service.query<{ slices: { nodes: { id: string; job: { state: string } }[] } }>(
    `{ slices(first: 100, where: { job: { state: { in: [TRACED, POSTED] }, model: { publisher: { equals: "${market.address.owner}" } } },
         OR: [{ index: { equals: 0 } }, { index: { gt: 2 } }], NOT: { state: { equals: HELD } } }) {
       nodes { id index state job { state } } } }`,
  );
  expect(slices.nodes.length).toBeGreaterThan(2);
  for (const { job } of slices.nodes) expect(['TRACED', 'POSTED']).toContain(job.state);
});
