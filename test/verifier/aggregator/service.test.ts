import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../protocol/database/open.ts';
import type { Log } from '../../../protocol/log.ts';
import { SLICE_STATES } from '../../../protocol/contracts/states.ts';
import { ProofBook } from '../../../verifier/aggregator/book/proofs.ts';
import { prepareBook } from '../../../verifier/aggregator/book/schema.ts';
import type { Aggregator } from '../../../verifier/aggregator/service.ts';
import { proofsAt, settlementsAt, startTestAggregator, submit, testSettings } from '../support/aggregator.ts';
import { inAsset } from '../../support/in-asset.ts';
import { openCountingRpc } from '../../support/counting-rpc.ts';
import { openWorld, ROLES, type PostedJob, type World } from '../support/world.ts';
import { until } from '../../support/until.ts';

const [A, B, C, D] = ROLES.provers;

let world: World;
let aggregator: Aggregator;
let count = 0;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const start = async (settings: Parameters<typeof testSettings>[2], log?: Log): Promise<void> => {
  aggregator = await startTestAggregator(world, `aggregator-${count++}`, settings, log);
};
const stateOf = async ({ jobId }: PostedJob, slice: number): Promise<string> =>
  SLICE_STATES[Number((await world.contracts.market.sliceOf(jobId, slice)).state)];
const settled = (): Promise<true> =>
  until(async () => (await settlementsAt(aggregator.url))[0]?.state === 'mined');

describe('settling', () => {
  afterEach(() => aggregator.close());

  test('brings proofs of many provers, jobs and circuits to the chain in one transaction', async () => {
    const rpc = await openCountingRpc(world.chain.url);
    onTestFinished(() => rpc.close());
    await start({ maxBatch: 4, rpc: rpc.url });
    const [first, second] = [await world.post(), await world.post()];
    await world.bid(first, A, [0]);
    await world.bid(first, B, [1]);
    await world.bid(second, B, [0]);
    await world.bid(second, C, [1]);
    const proofs = [
      await world.prove(first, 0, A),
      await world.prove(first, 1, B),
      await world.prove(second, 0, B),
      await world.prove(second, 1, C),
    ];
    const before = await Promise.all([A, B, C].map((account) => balanceOf(account)));
    for (const [i, proof] of proofs.entries()) {
      expect(await submit(aggregator.url, proof)).toEqual({
        status: 202,
        answer: { accepted: true, position: i },
      });
    }
    await settled();
    // Tried once before it is sent, and no more.
    expect(rpc.calls().eth_estimateGas).toBe(1);
    const settlements = await settlementsAt(aggregator.url);
    expect(settlements).toMatchObject([{ proofs: 4, paid: 4, reason: 'size', state: 'mined' }]);
    expect(settlements[0].gasPerProof).toBe(Math.round(settlements[0].gasUsed! / 4));
    for (const job of [first, second]) {
      for (const slice of [0, 1]) expect(await stateOf(job, slice)).toBe('settled');
    }
    const after = await Promise.all([A, B, C].map((account) => balanceOf(account)));
    for (const i of [0, 1, 2]) expect(after[i]).toBeGreaterThan(before[i]);
    expect(await proofsAt(aggregator.url, first.jobId, 0)).toMatchObject([
      { state: 'settled', reason: null, transaction: settlements[0].transaction },
    ]);
    const metrics = await (await fetch(`${aggregator.url}/metrics`)).text();
    expect(metrics).toContain('sliceproof_aggregator_settled_proofs_total 4');
  });

  test('does not wait for company when a proof is old, or when a holder’s time runs out', async () => {
    await start({ maxAgeSeconds: 1 });
    const job = await world.post();
    await world.bid(job, A, [0, 1]);
    await submit(aggregator.url, await world.prove(job, 0, A));
    await settled();
    expect((await settlementsAt(aggregator.url))[0]).toMatchObject({ reason: 'age', paid: 1 });
    await aggregator.close();

    await start({ safetySeconds: 3_000 });
    await submit(aggregator.url, await world.prove(job, 1, A));
    await world.chain.advance(3_001);
    await settled();
    expect((await settlementsAt(aggregator.url))[0]).toMatchObject({ reason: 'deadline', paid: 1 });
  });

  test('waits for the end of the bid window, and drops without blame who is outbid', async () => {
    await start({ maxBatch: 1 });
    const offer = { bidWindow: 2_000, maxUnitPrice: 2000 };
    const job = await world.post({ offer });
    await world.bid(job, A, [0, 1]);
    const [kept, lost] = [await world.prove(job, 0, A), await world.prove(job, 1, A)];
    expect((await submit(aggregator.url, kept)).status).toBe(202);
    expect((await submit(aggregator.url, lost)).status).toBe(202);
    await world.bid(job, B, [1], 500);
    expect(await settlementsAt(aggregator.url)).toEqual([]);
    await world.chain.advance(2_001);
    await settled();
    await until(async () => (await proofsAt(aggregator.url, job.jobId, 1))[0].state === 'dropped');
    expect((await proofsAt(aggregator.url, job.jobId, 0))[0].state).toBe('settled');
    expect((await proofsAt(aggregator.url, job.jobId, 1))[0].reason).toBe('outbid');
    expect(await settlementsAt(aggregator.url)).toHaveLength(1);
  });

  test('drops what went stale and settles the rest', async () => {
    await start({ maxBatch: 2 });
    const job = await world.post();
    await world.bid(job, A, [0]);
    await world.bid(job, B, [1]);
    const stale = await world.prove(job, 0, A);
    await submit(aggregator.url, stale);
    await world.settle(job, [stale], A);
    await submit(aggregator.url, await world.prove(job, 1, B));
    await until(async () => (await proofsAt(aggregator.url, job.jobId, 0))[0].state === 'dropped');
    expect((await proofsAt(aggregator.url, job.jobId, 0))[0].reason).toBe('already-settled');
    const other = await world.post();
    await world.bid(other, B, [0]);
    await submit(aggregator.url, await world.prove(other, 0, B));
    await settled();
    expect(await settlementsAt(aggregator.url)).toMatchObject([{ proofs: 2, paid: 2 }]);
    expect((await proofsAt(aggregator.url, job.jobId, 1))[0].state).toBe('settled');
  });

  test('finds the entry that the chain refuses and settles the others', async () => {
    const name = `aggregator-${count}`;
    const job = await world.post();
    await world.bid(job, A, [0]);
    await world.bid(job, B, [1]);
    const bad = { ...(await world.prove(job, 0, A)), proof: (await world.prove(job, 0, B)).proof };
    const database = await openDatabase({ folder: testSettings(world, name).dataDir });
    await prepareBook(database);
    const times = { payableFrom: 0, payableUntil: 2 ** 32, settleBy: 2 ** 32 };
    expect(await new ProofBook(database).add({ submission: bad, times, receivedAt: Date.now() })).toBe(true);
    await database.close();

    await start({ maxBatch: 2 });
    await submit(aggregator.url, await world.prove(job, 1, B));
    await settled();
    expect(await settlementsAt(aggregator.url)).toMatchObject([{ proofs: 1, paid: 1 }]);
    expect((await proofsAt(aggregator.url, job.jobId, 0))[0]).toMatchObject({
      state: 'dropped',
      reason: 'refused: ProofCheckFailed',
    });
  });

  test('sends what is too much for one transaction in parts, the most urgent first', async () => {
    const { provider } = world.chain;
    const blockGas = (limit: number): Promise<unknown> =>
      provider.send('evm_setBlockGasLimit', [`0x${limit.toString(16)}`]);
    const jobs = [await world.post(), await world.post()];
    for (const job of jobs) await world.bid(job, A, [0, 1]);
    const proofs = [];
    for (const job of jobs) for (const slice of [0, 1]) proofs.push(await world.prove(job, slice, A));
    onTestFinished(async () => void (await blockGas(30_000_000)));
    await blockGas(480_000);
    await until(async () => (await provider.getBlock('latest'))?.gasLimit === 480_000n);
    await start({ maxBatch: 4 });
    for (const proof of proofs) expect((await submit(aggregator.url, proof)).status).toBe(202);
    const states = (): Promise<string[]> =>
      Promise.all(jobs.flatMap((job) => [0, 1].map((slice) => stateOf(job, slice))));
    await until(async () => (await states()).every((state) => state === 'settled'));
    await until(async () => (await settlementsAt(aggregator.url)).every(({ state }) => state === 'mined'));
    const settlements = await settlementsAt(aggregator.url);
    expect(settlements.length).toBeGreaterThan(1);
    expect(settlements.reduce((sum, { paid }) => sum + paid, 0)).toBe(4);
  });

  test('takes no proof that it has not the coins to settle', async () => {
    const { provider } = world.chain;
    const settler = world.addressOf(ROLES.aggregator);
    const coins = await provider.getBalance(settler);
    const setCoins = (wei: bigint): Promise<unknown> =>
      provider.send('anvil_setBalance', [settler, `0x${wei.toString(16)}`]);
    onTestFinished(async () => void (await setCoins(coins)));
    await setCoins(1000n);
    await start({});
    const job = await world.post();
    await world.bid(job, A, [0]);
    expect(await submit(aggregator.url, await world.prove(job, 0, A))).toMatchObject({
      status: 503,
      answer: { accepted: false, code: 'AGGREGATOR_NO_COINS', retryable: true },
    });
  });

  test('waits while gas costs more than the tips', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    await start({ maxBatch: 1, assetPerNative: inAsset(10n ** 30n) }, log);
    const job = await world.post();
    await world.bid(job, A, [0]);
    await submit(aggregator.url, await world.prove(job, 0, A));
    await until(() => lines.some((line) => line.includes('more than its tips')));
    expect(await settlementsAt(aggregator.url)).toEqual([]);
    expect(await stateOf(job, 0)).toBe('held');
  });
});

describe('intake', () => {
  beforeAll(() => start({ staleSample: 2, maxStaleShare: 0, safetySeconds: 4_000 }));
  afterAll(() => aggregator.close());

  test('takes a proof once, whoever repeats it', async () => {
    const job = await world.post();
    await world.bid(job, A, [0]);
    const [proof, again] = [await world.prove(job, 0, A), await world.prove(job, 0, A)];
    const accepted = { status: 202, answer: { accepted: true, position: 0 } };
    expect(await submit(aggregator.url, proof)).toEqual(accepted);
    expect(await submit(aggregator.url, proof)).toEqual(accepted);
    expect(await submit(aggregator.url, again)).toEqual(accepted);
    expect(await proofsAt(aggregator.url, job.jobId, 0)).toHaveLength(1);
  });

  test('refuses proofs that do not hold for what the chain says', async () => {
    const job = await world.post();
    const other = await world.post();
    await world.bid(job, A, [0, 1]);
    await world.bid(other, A, [0, 1]);
    const good = await world.prove(job, 0, A);
    const [x, y] = good.proof.pi_a;
    const { proof: ofOtherJob } = await world.prove(other, 0, A);
    const { proof: ofOtherSlice } = await world.prove(job, 1, A);
    const { proof: ofOtherProver } = await world.prove(job, 0, B);
    const wrong = [
      { ...good, proof: ofOtherJob },
      { ...good, proof: ofOtherSlice },
      { ...good, proof: ofOtherProver },
      { ...good, proof: { ...good.proof, pi_a: [y, x, '1'] } },
      { ...good, proof: { ...good.proof, pi_a: ['0', '0', '1'] } },
      { ...good, proof: { ...good.proof, pi_c: good.proof.pi_a } },
      { ...good, proof: { ...good.proof, pi_a: [(BigInt(x) + FIELD).toString(), y, '1'] } },
    ];
    for (const submission of wrong) {
      expect(await submit(aggregator.url, submission)).toMatchObject({
        status: 422,
        answer: { accepted: false, code: 'PROOF_INVALID', retryable: false },
      });
    }
    expect(await proofsAt(aggregator.url, job.jobId, 0)).toEqual([]);
  });

  test('refuses what the market would not pay, and says why', async () => {
    const job = await world.post();
    await world.bid(job, A, [0]);
    const { proof } = await world.prove(job, 0, A);
    const of = (change: object): unknown => ({
      jobId: job.jobId,
      slice: 0,
      prover: world.addressOf(A),
      proof,
      ...change,
    });
    const code = async (change: object): Promise<unknown> => {
      const { status, answer } = await submit(aggregator.url, of(change));
      return answer.accepted ? status : [status, answer.code, answer.retryable];
    };
    expect(await code({ jobId: `0x${'ab'.repeat(32)}` })).toEqual([404, 'JOB_UNKNOWN', true]);
    expect(await code({ slice: 2 })).toEqual([404, 'SLICE_UNKNOWN', false]);
    expect(await code({ slice: 9 })).toEqual([404, 'SLICE_UNKNOWN', false]);
    expect(await code({ prover: world.addressOf(B) })).toEqual([409, 'SLICE_NOT_PAYABLE', false]);
    expect(await code({ slice: 256 })).toEqual([400, 'SUBMISSION_MALFORMED', false]);
    expect(await code({ signals: ['1'] })).toEqual([400, 'SUBMISSION_MALFORMED', false]);
    expect(await submit(aggregator.url, 'nonsense')).toMatchObject({ status: 400 });
    expect(await submit(aggregator.url, ' '.repeat(100_000))).toMatchObject({
      status: 413,
      answer: { code: 'SUBMISSION_TOO_LARGE' },
    });
    expect((await fetch(`${aggregator.url}/proofs`)).status).toBe(405);
    expect((await fetch(`${aggregator.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${aggregator.url}//`)).status).toBe(404);
  });

  test('lets two race for a lapsed slice only as long as the first can be paid', async () => {
    const job = await world.post();
    await world.bid(job, A, [0]);
    await world.chain.advance(7_000);
    const [first, second] = [await world.prove(job, 0, C), await world.prove(job, 0, D)];
    expect((await submit(aggregator.url, first)).status).toBe(202);
    expect(await submit(aggregator.url, second)).toMatchObject({
      status: 409,
      answer: { code: 'SLICE_NOT_PAYABLE', retryable: true },
    });
  });

  test('refuses a prover whose proofs keep going stale', async () => {
    const job = await world.post();
    await world.bid(job, D, [0, 1]);
    const proofs = [await world.prove(job, 0, D), await world.prove(job, 1, D)];
    for (const proof of proofs) expect((await submit(aggregator.url, proof)).status).toBe(202);
    for (const proof of proofs) await world.settle(job, [proof], D);
    await world.chain.advance(2_500); // the safety margin makes them due
    await until(async () => (await proofsAt(aggregator.url, job.jobId, 1))[0].state === 'dropped');
    const next = await world.post();
    await world.bid(next, D, [0]);
    await world.bid(next, A, [1]);
    expect(await submit(aggregator.url, await world.prove(next, 0, D))).toMatchObject({
      status: 403,
      answer: { code: 'PROVER_DROPPED' },
    });
    expect((await submit(aggregator.url, await world.prove(next, 1, A))).status).toBe(202);
  });

  test('stays up and fair under a flood of garbage', async () => {
    const job = await world.post();
    await world.bid(job, A, [0]);
    const good = await world.prove(job, 0, A);
    const garbage = { ...good, slice: 1, proof: { ...good.proof, pi_c: good.proof.pi_a } };
    // One more than an address may have at once, none of which ends by itself: however fast the server is, one is refused.
    const { maxPerAddress } = testSettings(world, 'unused');
    const held = Array.from({ length: maxPerAddress + 1 }, () => halfARequest(aggregator.url));
    const refused = await Promise.race(held.map(async (begun) => once(begun, 'response')));
    expect(refused).toMatchObject([{ statusCode: 429 }]);
    expect(await submit(aggregator.url, good)).toMatchObject({
      status: 429,
      answer: { code: 'ADDRESS_BUSY' },
    });
    for (const request of held) request.destroy();
    const flood = Array.from({ length: 300 }, () => submit(aggregator.url, garbage));
    const health = await fetch(`${aggregator.url}/health`);
    expect(health.status).toBe(200);
    const codes = (await Promise.all(flood)).map(({ answer }) =>
      answer.accepted ? 'accepted' : answer.code,
    );
    const expected = ['PROOF_INVALID', 'ADDRESS_BUSY', 'AGGREGATOR_BUSY'];
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
    await until(async () => (await submit(aggregator.url, good)).status === 202);
    // Who hung up broke nothing.
    expect(await (await fetch(`${aggregator.url}/metrics`)).text()).not.toContain('answer="INTERNAL"');
  });
});

/** A submission whose rest never comes. */
function halfARequest(url: string): ClientRequest {
  const begun = request(`${url}/proofs`, { method: 'POST', headers: { 'content-length': 1000 } });
  begun.on('error', () => undefined);
  begun.write('{');
  return begun;
}

/** q of BN254: a coordinate plus q names the same point another way. */
const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

async function balanceOf(account: number): Promise<bigint> {
  return (await world.contracts.market.accountOf(world.addressOf(account))).balance;
}
