import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { because, type Reason } from '../../prover-node/reasons.ts';
import { Decisions, readDecisions } from '../../prover-node/status/decisions.ts';
import { explainJob } from '../../prover-node/status/explain.ts';
import { ailmentsOf, type Vitals } from '../../prover-node/status/health.ts';
import type { JobOutlook } from '../../prover-node/status/outlook.ts';
import { listeningLog } from './support/world.ts';

const head = {
  number: 100,
  hash: '0x1',
  parentHash: '0x0',
  timestamp: 1_000_000,
  baseFee: 1n,
  gasLimit: 1n,
  logsBloom: undefined,
};

const well: Vitals = {
  doing: 'working',
  current: true,
  head,
  blockSeconds: 12,
  clock: 1_000_010,
  stores: { away: ['one'], of: 2 },
  native: 10n,
  nativeNeeded: 10n,
  twin: false,
  othersSend: false,
  givenUp: [],
  diskFree: 1e9,
  jobs: [],
  amount: String,
};

const leftFor = (code: Reason['code'], ids: readonly string[]): JobOutlook[] =>
  ids.map((jobId) => ({ jobId, execution: undefined, slices: new Map([[0, because(code, () => 'why')]]) }));

describe('the health of a node', () => {
  test('is nothing to speak of while it can do its work', () => {
    expect(ailmentsOf(well)).toEqual([]);
    // Half an outage, jobs that others do, and what is not known, keep it from nothing.
    const market = leftFor('OUTBID', ['a', 'b', 'c', 'd']);
    expect(ailmentsOf({ ...well, jobs: market, native: undefined, diskFree: undefined })).toEqual([]);
    expect(ailmentsOf({ ...well, jobs: leftFor('COLLATERAL', ['a', 'b']) })).toEqual([]);
  });

  test.each<[string, Partial<Vitals>, string]>([
    ['STARTING', { doing: 'connecting to the chain', current: false }, 'connecting to the chain'],
    ['STOPPING', { doing: 'stopping' }, 'nothing new'],
    ['CHAIN_AWAY', { current: false }, 'no RPC'],
    ['CHAIN_STANDS', { clock: 1_000_301 }, '301 s old'],
    ['CLOCK_OFF', { clock: 999_930 }, '70 s ahead'],
    ['STORE_AWAY', { stores: { away: ['one', 'two'], of: 2 } }, 'one, two'],
    ['GAS_BALANCE', { native: 9n }, '9 wei'],
    ['KEY_AT_WORK', { twin: true }, 'acts with its account'],
    ['KEY_AT_WORK', { othersSend: true }, 'sends with its key'],
    ['MODEL_GIVEN_UP', { givenUp: ['slice 1 of 0x2: NODE_KEY_MISMATCH no'] }, 'slice 1'],
    ['DISK_FULL', { diskFree: 10 << 20 }, '10 MiB'],
    [
      'ALL_REFUSED',
      { jobs: leftFor('COLLATERAL', ['a', 'b', 'c']) },
      '3 jobs are all left for COLLATERAL: why',
    ],
  ])('%s', (code, vitals, says) => {
    expect(ailmentsOf({ ...well, ...vitals })).toEqual([
      { code, text: expect.stringContaining(says) as string },
    ]);
  });

  test('names each thing that is wrong', () => {
    const codes = ailmentsOf({ ...well, twin: true, diskFree: 0, native: 0n }).map(({ code }) => code);
    expect(codes).toEqual(['GAS_BALANCE', 'KEY_AT_WORK', 'DISK_FULL']);
  });
});

describe('decisions', () => {
  const JOB = `0x${'ab'.repeat(32)}`;
  const price = (now: number): Reason => because('PRICE', (amount) => `it pays ${amount(BigInt(now))}`);
  const capacity = because('CAPACITY', () => 'it is full');

  async function open() {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'decisions-'));
    const { log, lines } = listeningLog();
    const counted: string[] = [];
    const onRefusal = (code: string, count: number): void => void counted.push(`${code} ${count}`);
    const decisions = new Decisions({
      dataDir,
      log,
      amount: (units) => `${units} units`,
      onRefusal,
      mostBytes: 1000,
    });
    return { dataDir, lines, counted, decisions };
  }

  test('are said, counted and kept once, not at each look; of slices alike together', async () => {
    const { dataDir, lines, counted, decisions } = await open();
    const job = (slices: [number, Reason][], execution?: Reason): JobOutlook[] => [
      { jobId: JOB, execution, slices: new Map(slices) },
    ];
    decisions.note(
      job(
        [],
        because('EXECUTION_PRICE', () => 'too little'),
      ),
      { block: 1 },
    );
    decisions.note(
      job(
        [],
        because('EXECUTION_PRICE', () => 'too little still'),
      ),
      { block: 2 },
    );
    decisions.note(
      job([
        [0, price(1)],
        [1, price(1)],
        [2, capacity],
      ]),
      { block: 3 },
    );
    decisions.note(
      job([
        [0, price(2)],
        [1, price(2)],
        [2, capacity],
      ]),
      { block: 4 },
    );
    decisions.note(
      job([
        [0, because('BIDDING', () => 'it bids')],
        [1, capacity],
        [2, capacity],
      ]),
      { block: 5 },
    );
    await decisions.idle();
    const story = [
      [1, undefined, 'EXECUTION_PRICE', 'too little'],
      [3, [0, 1], 'PRICE', 'it pays 1 units'],
      [3, [2], 'CAPACITY', 'it is full'],
      [5, [0], 'BIDDING', 'it bids'],
      [5, [1], 'CAPACITY', 'it is full'],
    ];
    const { decisions: kept } = await explainJob({ dataDir }, JOB.toUpperCase().replace('X', 'x'));
    expect(kept.map(({ block, slices, code, text }) => [block, slices, code, text])).toEqual(story);
    expect(lines.map(({ message, slices, code, because: text }) => [message, slices, code, text])).toEqual(
      story.map(([, slices, code, text]) => ['decided', slices, code, text]),
    );
    expect(counted).toEqual(['EXECUTION_PRICE 1', 'PRICE 2', 'CAPACITY 1', 'CAPACITY 1']);
  });

  test('are kept within bounds, and survive a line that a crash cut', async () => {
    const { dataDir, decisions } = await open();
    const long = because('CAPACITY', () => 'x'.repeat(100));
    for (let n = 0; n < 18; n++) {
      const jobId = `0x${String(n).padStart(64, '0')}`;
      decisions.note([{ jobId, execution: long, slices: new Map() }], { block: n });
      await decisions.idle();
    }
    expect((await readdir(dataDir)).sort()).toEqual(['decisions.jsonl', 'decisions.older.jsonl']);
    await writeFile(path.join(dataDir, 'decisions.jsonl'), `{"at":"${JOB}`, { flag: 'a' });
    decisions.note([{ jobId: JOB, execution: capacity, slices: new Map() }], { block: 13 });
    await decisions.idle();
    const first = await readDecisions(dataDir, `0x${'0'.repeat(64)}`);
    expect(first).toEqual([]);
    expect(await readDecisions(dataDir, JOB)).toHaveLength(1);
  });

  test('that there are none is an error with a name', async () => {
    const { dataDir } = await open();
    await expect(explainJob({ dataDir }, JOB)).rejects.toMatchObject({ code: 'NODE_NO_DECISION' });
  });
});
