// What a node counts as put up by bids that it signed, and for how long.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SignedBids, signedSeconds, type SignedBidsOptions } from '../../prover-node/bid/signed-bids.ts';
import type { JobView, SliceView } from '../../prover-node/chain/state.ts';
import { job, ME, NOW, OTHER, slice } from './support/job-view.ts';
import { listeningLog } from './support/world.ts';

const STAKE = { amount: 2_000n, gas: 5n, works: [{ seconds: 1, from: 10, dueIn: 110 }] };
const CALL = [job.id, job.traceHash, 1n, 10n] as const;

let folder: string;
let file: string;
let runs = 0;
/** What an aggregator answers; the bids that it was given. */
let answer: object;
let given: unknown[];
let url: string;
const server = createServer((request, response) => {
  void request.toArray().then((parts) => {
    given.push(JSON.parse(Buffer.concat(parts as Buffer[]).toString()));
    response.end(JSON.stringify(answer));
  });
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'signed-bids-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  [answer, given, file] = [{ accepted: true, position: 0 }, [], path.join(folder, `${runs++}.json`)];
});

async function open(clock = () => 0) {
  const promised = new Set<object>();
  const results: string[] = [];
  const expected: unknown[] = [];
  const options = {
    account: {
      address: ME,
      signBid: ([jobId, traceHash, slices, unitPrice]: typeof CALL, times: object) =>
        Promise.resolve({
          ...{ prover: ME, signer: ME, jobId, traceHash, slices, unitPrice, ...times },
          signature: `0x${'11'.repeat(65)}`,
        }),
    },
    aggregators: [url],
    signing: true,
    stakes: {
      promise: (stake: object) => {
        promised.add(stake);
        return () => promised.delete(stake);
      },
    },
    gasUsed: { record: (step: string, gas: bigint) => Promise.resolve(results.push(`${step} ${gas}`)) },
    metrics: { bid: () => undefined, signedBid: (result: string) => results.push(result) },
    file,
    log: listeningLog().log,
    randomBytes: (length: number) => new Uint8Array(length).fill(7),
    clock,
    signal: new AbortController().signal,
  } as unknown as SignedBidsOptions;
  const twin = { expect: (jobId: string, slices: readonly number[]) => void expected.push([jobId, slices]) };
  return { signed: await SignedBids.load(options, twin), promised, results, expected };
}

const led = (holder: string, unitPrice: bigint): SliceView => ({
  ...slice,
  ...{ state: 'held', holder, unitPrice, windowEnd: NOW + 10, lockEnd: NOW + 110 },
});
const at = (now: number, view?: SliceView): { now: number; jobs: readonly JobView[] } => ({
  now,
  jobs: view ? [{ ...job, slices: [view] }] : [],
});

describe('a bid that was signed', () => {
  test('is given away with its last second, and counts as put up until the chain shows it', async () => {
    const { signed, promised, results } = await open();
    expect(await signed.handOut(CALL, STAKE, NOW, 20)).toBe(true);
    expect(given).toMatchObject([{ bid: { prover: ME, unitPrice: '10', validUntil: String(NOW + 20) } }]);
    expect([...promised]).toEqual([STAKE]);
    signed.consider(at(NOW + 20, slice));
    expect(signed.whyOut(job, slice, NOW)).toMatchObject({ code: 'SIGNED' });
    // A job that can't be read now says nothing.
    signed.consider(at(NOW + 20));
    expect(promised.size).toBe(1);
    signed.consider(at(NOW + 20, led(ME, 10n)));
    expect([promised.size, results]).toEqual([0, ['brought', 'bid 0']]);
    expect(signed.whyOut(job, slice, NOW)).toBeUndefined();
  });

  test('is over when another leads for less, and alive while it would undercut', async () => {
    const { signed, promised, results } = await open();
    await signed.handOut(CALL, STAKE, NOW, 20);
    signed.consider(at(NOW + 1, led(OTHER, 12n)));
    expect(promised.size).toBe(1);
    signed.consider(at(NOW + 2, led(OTHER, 10n)));
    expect([promised.size, results]).toEqual([0, ['outbid']]);
  });

  test('that runs out is over in the second after its last, and its aggregator rests', async () => {
    let now = 0;
    const { signed, results } = await open(() => now);
    await signed.handOut(CALL, STAKE, NOW, 20);
    signed.consider(at(NOW + 21, slice));
    expect(results).toEqual(['expired']);
    expect(await signed.handOut(CALL, STAKE, NOW + 21, 20)).toBe(false);
    now = 300_000;
    expect(await signed.handOut(CALL, STAKE, NOW + 21, 20)).toBe(true);
  });

  test('counts after a restart, for the watch over the account too', async () => {
    await (await open()).signed.handOut(CALL, STAKE, NOW, 20);
    const { signed, promised, expected, results } = await open();
    expect([[...promised], expected]).toEqual([[STAKE], [[job.id, [0]]]]);
    signed.consider(at(NOW + 5, led(ME, 10n)));
    expect([promised.size, results]).toEqual([0, ['brought', 'bid 0']]);
  });

  test('that nobody takes is to be sent, and counts no more', async () => {
    const { signed, promised, results } = await open();
    answer = { accepted: false, code: 'BID_REFUSED', message: 'nothing-to-take', retryable: false };
    expect(await signed.handOut(CALL, STAKE, NOW, 20)).toBe(false);
    // That is the market's word: the aggregator is asked again.
    answer = { accepted: false, code: 'BIDS_NOT_TAKEN', message: 'none', retryable: false };
    expect(await signed.handOut(CALL, STAKE, NOW, 20)).toBe(false);
    expect(await signed.handOut(CALL, STAKE, NOW, 20)).toBe(false);
    expect([given.length, promised.size, results]).toEqual([2, 0, ['refused', 'refused']]);
    expect(await signed.handOut(CALL, STAKE, NOW, undefined)).toBe(false);
  });
});

test('a bid is signed for a window, a transaction at least, and leaves the time to send it', () => {
  expect(signedSeconds(1_000, 60, 8.4)).toBe(60);
  expect(signedSeconds(1_000, 0, 8.4)).toBe(9);
  expect(signedSeconds(30, 60, 8.4)).toBe(21);
  expect(signedSeconds(16, 60, 8.4)).toBeUndefined();
  expect(signedSeconds(-5, 60, 8.4)).toBeUndefined();
});
