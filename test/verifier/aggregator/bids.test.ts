// Signed bids: what an aggregator takes, and how it brings them.
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { submissionOf } from '../../../protocol/bid-submission.ts';
import { openDatabase } from '../../../protocol/database/open.ts';
import { BringingBook } from '../../../verifier/aggregator/book/bringings.ts';
import type { Aggregator } from '../../../verifier/aggregator/service.ts';
import { startTestAggregator, submit, testSettings } from '../support/aggregator.ts';
import { bidsAt, handIn, signedBidOf, submitBid } from '../support/bids.ts';
import { openWorld, ROLES, type PostedJob, type World } from '../support/world.ts';
import { until } from '../../support/until.ts';

const [A, B, C, D] = ROLES.provers;
/** Wei. */
const ENOUGH = '1000000000000000000';
/** In which others may undercut. */
const WINDOW = { bidWindow: 600 };

let world: World;
let aggregator: Aggregator;
let count = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const start = async (settings: Parameters<typeof testSettings>[2] = {}): Promise<void> => {
  aggregator = await startTestAggregator(world, `bids-${count++}`, { bidBudget: ENOUGH, ...settings });
};
const holderOf = async ({ jobId }: PostedJob, slice: number): Promise<string> =>
  (await world.contracts.market.sliceOf(jobId, slice)).holder;
const sentBy = (account: number): Promise<number> =>
  world.chain.provider.getTransactionCount(world.addressOf(account));
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${aggregator.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};
const refusalOf = async (bid: Parameters<typeof handIn>[1]): Promise<unknown> => {
  const { status, answer } = await handIn(aggregator.url, bid);
  if (answer.accepted) return status;
  const why = answer.code === 'BID_REFUSED' ? [answer.message.split(': ').at(-1)] : [];
  return [status, answer.code, ...why];
};

describe('bringing', () => {
  afterEach(() => aggregator.close());

  test('takes bids of many provers on many jobs to the chain in one transaction, each slice to the cheapest', async () => {
    await start({ bidAgeSeconds: 3600 });
    const [first, second] = [await world.post({ offer: WINDOW }), await world.post({ offer: WINDOW })];
    const sent = await Promise.all([A, B, C, ROLES.aggregator].map(sentBy));
    const soon = { validUntil: BigInt((await world.chain.provider.getBlock('latest'))!.timestamp + 600) };
    const bids = [
      await signedBidOf(world, first, A, { slices: [0, 1], unitPrice: 1000n, ...soon }),
      await signedBidOf(world, first, B, { slices: [0], unitPrice: 900n }),
      await signedBidOf(world, second, C, { slices: [0, 1], unitPrice: 1000n }),
    ];
    for (const [position, bid] of bids.entries()) {
      expect(await handIn(aggregator.url, bid)).toEqual({
        status: 202,
        answer: { accepted: true, position },
      });
    }
    // What waits is shown as it was signed, the cheapest first.
    expect(await bidsAt(aggregator.url, first.jobId)).toEqual([bids[1], bids[0]].map(submissionOf));
    await world.chain.advance(585); // the first one's time ends
    await until(async () => (await holderOf(second, 1)) === world.addressOf(C));
    expect([await holderOf(first, 0), await holderOf(first, 1)]).toEqual(
      [B, A].map((one) => world.addressOf(one)),
    );
    expect(await Promise.all([A, B, C, ROLES.aggregator].map(sentBy))).toEqual([
      ...sent.slice(0, 3),
      sent[3] + 1,
    ]);
    // The chain has them before the aggregator knows of its receipt.
    await until(async () => (await bidsAt(aggregator.url, first.jobId)).length === 0);
    expect(await metric('sliceproof_aggregator_bids_total{outcome="brought"}')).toBe(3);
  });

  test('brings after a restart what it took before, and spends no more than its budget of a day', async () => {
    await start({ bidAgeSeconds: 3600 });
    const job = await world.post();
    expect(await refusalOf(await signedBidOf(world, job, A))).toBe(202);
    await aggregator.close();
    count--;
    await start({ bidAgeSeconds: 0 });
    await until(async () => (await holderOf(job, 0)) === world.addressOf(A));
    await until(async () => (await bidsAt(aggregator.url, job.jobId)).length === 0);
    await aggregator.close();

    const database = await openDatabase({ folder: testSettings(world, `bids-${count - 1}`).dataDir });
    const spent = await new BringingBook(database).spent(world.addressOf(ROLES.aggregator), Date.now());
    await database.close();
    expect(spent).toBeGreaterThan(0n);
    count--;
    await start({ bidAgeSeconds: 0, bidBudget: `${spent}` });
    expect(await refusalOf(await signedBidOf(world, job, B, { slices: [1] }))).toEqual([
      503,
      'BID_BUDGET_SPENT',
    ]);
  });

  test('spends nothing on bids that are withdrawn, cancelled or beaten before their transaction', async () => {
    await start({ bidAgeSeconds: 4 });
    const job = await world.post({ offer: WINDOW });
    const { market } = world.contracts;
    const [withdrawn, cancelled, beaten] = [
      await signedBidOf(world, job, ROLES.other, { slices: [0] }),
      await signedBidOf(world, job, B, { slices: [0], unitPrice: 999n }),
      await signedBidOf(world, job, C, { slices: [1] }),
    ];
    for (const bid of [withdrawn, cancelled, beaten]) expect(await refusalOf(bid)).toBe(202);
    const before = await sentBy(ROLES.aggregator);
    const { balance } = await market.accountOf(world.addressOf(ROLES.other));
    const of = (account: number) => market.connect(world.chain.signer(account));
    await (await of(ROLES.other).withdraw(balance, world.addressOf(ROLES.other), false)).wait();
    await (await of(B).cancelNonce(cancelled.nonce)).wait();
    await world.bid(job, D, [1], 500);
    await until(async () => (await bidsAt(aggregator.url, job.jobId)).length === 0);
    expect(await sentBy(ROLES.aggregator)).toBe(before);
    for (const reason of ['too-little-free', 'nonce-used', 'nothing-to-take']) {
      expect(await metric(`sliceproof_aggregator_bids_total{outcome="${reason}"}`)).toBe(1);
    }
  });

  test('holds back from a prover whose bid failed in its block, and brings the others all the same', async () => {
    await start({ bidAgeSeconds: 0 });
    const { provider } = world.chain;
    const job = await world.post();
    const bids = [
      await signedBidOf(world, job, B, { slices: [0] }),
      await signedBidOf(world, job, C, { slices: [1] }),
    ];
    // Nothing is mined until both transactions wait, the one that spoils a bid for more gas.
    await provider.send('anvil_setIntervalMining', [0]);
    await provider.send('evm_setAutomine', [false]);
    onTestFinished(async () => {
      await provider.send('evm_setAutomine', [true]);
      await provider.send('anvil_setIntervalMining', [1]);
    });
    for (const bid of bids) expect(await refusalOf(bid)).toBe(202);
    const pending = async (): Promise<number> =>
      provider.getTransactionCount(world.addressOf(ROLES.aggregator), 'pending');
    const before = await sentBy(ROLES.aggregator);
    await until(async () => (await pending()) > before);
    const market = world.contracts.market.connect(world.chain.signer(B));
    const tip = 50n * 10n ** 9n;
    await market.cancelNonce(bids[0].nonce, {
      maxPriorityFeePerGas: tip,
      maxFeePerGas: 2n * tip,
      gasLimit: 100_000,
    });
    await provider.send('evm_setAutomine', [true]);
    await provider.send('anvil_setIntervalMining', [1]);
    await until(async () => (await holderOf(job, 1)) === world.addressOf(C));
    await until(async () => (await metric('sliceproof_aggregator_bids_total{outcome="nonce-used"}')) === 1);
    const other = await world.post();
    expect(await refusalOf(await signedBidOf(world, other, B))).toEqual([403, 'PROVER_DROPPED']);
    expect(await refusalOf(await signedBidOf(world, other, C))).toBe(202);
  });

  test('brings for the tips that follow: up to a credit, and nothing that they don’t pay', async () => {
    await start({ bidAgeSeconds: 0, bidCredit: 1, maxBatch: 1 });
    const job = await world.post();
    expect(await refusalOf(await signedBidOf(world, job, A, { slices: [0] }))).toBe(202);
    await until(async () => (await holderOf(job, 0)) === world.addressOf(A));
    await until(async () => (await bidsAt(aggregator.url, job.jobId)).length === 0);
    const next = await signedBidOf(world, job, A, { slices: [1] });
    expect(await refusalOf(next)).toEqual([403, 'BID_CREDIT_USED']);
    await submit(aggregator.url, await world.prove(job, 0, A));
    await until(async () => (await refusalOf(next)) === 202);
    await aggregator.close();

    await start({ assetPerNative: '1000000' });
    expect(await refusalOf(await signedBidOf(world, await world.post(), A))).toEqual([
      422,
      'BID_UNPROFITABLE',
    ]);
  });

  test('takes none unless it is told what it may spend', async () => {
    await start({ bidBudget: '0' });
    expect(await handIn(aggregator.url, await signedBidOf(world, await world.post(), A))).toMatchObject({
      status: 403,
      answer: { code: 'BIDS_NOT_TAKEN' },
    });
  });
});

describe('taking', () => {
  beforeAll(() => start({ bidAgeSeconds: 3600, maxBidsPerProver: 3 }));
  afterAll(() => aggregator.close());

  test('refuses what is no bid, by name', async () => {
    const bid = submissionOf(await signedBidOf(world, await world.post(), A));
    const code = async (body: unknown): Promise<unknown> => {
      const { status, answer } = await submitBid(aggregator.url, body);
      return answer.accepted ? status : [status, answer.code];
    };
    const malformed = [
      'nonsense',
      [],
      { ...bid, more: 1 },
      { ...bid, signature: '0x' },
      { ...bid, signature: `${bid.signature}00` },
      { ...bid, bid: { ...bid.bid, slices: (1n << 256n).toString() } },
      { ...bid, bid: { ...bid.bid, unitPrice: (1n << 64n).toString() } },
      { ...bid, bid: { ...bid.bid, validUntil: (1n << 40n).toString() } },
      { ...bid, bid: { ...bid.bid, prover: 'nobody' } },
    ];
    for (const body of malformed) expect(await code(body)).toEqual([400, 'SUBMISSION_MALFORMED']);
    expect(await code(' '.repeat(5000))).toEqual([413, 'SUBMISSION_TOO_LARGE']);
    expect((await fetch(`${aggregator.url}/bids`)).status).toBe(405);
    expect((await fetch(`${aggregator.url}/bids/0x12`)).status).toBe(404);
  });

  test('refuses what the market would take nothing by, and says why', async () => {
    const job = await world.post({ offer: WINDOW });
    const good = await signedBidOf(world, job, A);
    expect(await refusalOf({ ...good, unitPrice: 1n })).toEqual([422, 'BID_NOT_SIGNED']);
    expect(await refusalOf({ ...good, signature: `0x${'00'.repeat(65)}` })).toEqual([422, 'BID_NOT_SIGNED']);
    // A stranger's signature for another's balance.
    expect(await refusalOf(await signedBidOf(world, job, A, {}, D))).toEqual([
      409,
      'BID_REFUSED',
      'not-operator',
    ]);
    expect(await refusalOf(await signedBidOf(world, job, A, { validUntil: 1n }))).toEqual([
      409,
      'BID_REFUSED',
      'outdated',
    ]);
    expect(await refusalOf(await signedBidOf(world, job, A, { slices: [9] }))).toEqual([
      409,
      'BID_REFUSED',
      'nothing-to-take',
    ]);
    expect(await refusalOf(await signedBidOf(world, job, A, { unitPrice: 2n ** 64n - 1n }))).toEqual([
      409,
      'BID_REFUSED',
      'nothing-to-take',
    ]);
    const unknown = await signedBidOf(world, { ...job, jobId: `0x${'ab'.repeat(32)}` }, A);
    expect(await refusalOf(unknown)).toEqual([404, 'JOB_UNKNOWN']);
    await (await world.contracts.market.connect(world.chain.signer(A)).cancelNonce(good.nonce)).wait();
    expect(await refusalOf(good)).toEqual([409, 'BID_REFUSED', 'nonce-used']);
  });

  test('takes a bid once, whoever repeats it, and only so many of one prover', async () => {
    const job = await world.post({ offer: WINDOW });
    const bid = await signedBidOf(world, job, C);
    expect(await refusalOf(bid)).toBe(202);
    expect(await refusalOf(bid)).toBe(202);
    expect(await bidsAt(aggregator.url, job.jobId)).toHaveLength(1);
    const { nonce } = bid;
    expect(await refusalOf(await signedBidOf(world, job, C, { nonce, slices: [1] }))).toEqual([
      409,
      'BID_REFUSED',
      'nonce-used',
    ]);
    for (const slices of [[0], [1]])
      expect(await refusalOf(await signedBidOf(world, job, C, { slices }))).toBe(202);
    expect(await refusalOf(await signedBidOf(world, job, C))).toEqual([429, 'PROVER_BUSY']);
    expect(await refusalOf(await signedBidOf(world, job, D))).toBe(202);
  });
});
