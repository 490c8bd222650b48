import { readFileSync } from 'node:fs';
import type { JsonRpcProvider } from 'ethers';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChainPace } from '../../prover-node/stake/chain-pace.ts';
import {
  stepSeconds,
  traceGas,
  whyNoBond,
  whyNoCollateral,
  type ExecutionStake,
  type Measured,
  type StakeLimits,
} from '../../prover-node/stake/decide.ts';
import type { JobView } from '../../prover-node/chain/state.ts';
import { nodeSettings } from '../../prover-node/settings.ts';
import { gasUnderWay } from '../../prover-node/stake/under-way.ts';

/** A job that leaves time for all, on blocks of four seconds. */
const stake: ExecutionStake = {
  bond: 1_000n,
  profit: 10n,
  commitSeconds: 60,
  jobSeconds: 600,
  bidWindow: 10,
  proveSeconds: 120,
  challengeable: true,
  runSeconds: 2,
  proofSeconds: [10, 20],
  bound: [],
  outputWords: 4,
  tensors: 8,
  gas: 1_000_000n,
};
const measured: Measured = {
  blockSeconds: 4,
  pollSeconds: 1,
  lateSeconds: 0,
  safety: 1.5,
  workers: 1,
  gasPrice: 10n,
  mostGas: 16_777_216n,
  gasUnderWay: 0n,
  native: 10n ** 18n,
  diskFree: 10e9,
  balance: 10_000n,
  reserved: 0n,
};
const limits: StakeLimits = { maxBond: undefined, maxStakeShare: 1, maxGasPrice: undefined, minProfit: 0n };

describe('whether a bond is put up', () => {
  test('yes, where everything is known to go', () => {
    expect(whyNoBond(stake, measured, limits)).toBeUndefined();
    // Nobody proves here, or nothing is to be proved.
    for (const proofSeconds of [undefined, []]) {
      expect(
        whyNoBond({ ...stake, proofSeconds, jobSeconds: 1, proveSeconds: 1 }, measured, limits),
      ).toBeUndefined();
    }
  });

  test.each<[string, string, Partial<ExecutionStake>, Partial<Measured>, Partial<StakeLimits>]>([
    ['a second for the trace', 'EXECUTION_HURRIED', { commitSeconds: 1 }, {}, {}],
    ['blocks that are slower than a claim', 'EXECUTION_HURRIED', {}, { blockSeconds: 30 }, {}],
    ['an RPC that was away for as long', 'EXECUTION_HURRIED', {}, { lateSeconds: 50 }, {}],
    ['a model that runs too long', 'EXECUTION_HURRIED', { runSeconds: 40 }, {}, {}],
    [
      'a chain that mined at once and need not go on',
      'EXECUTION_HURRIED',
      { commitSeconds: 5 },
      { blockSeconds: 0 },
      {},
    ],
    ['ten seconds for the job', 'PROVING_HURRIED', { jobSeconds: 10, proveSeconds: 5 }, {}, {}],
    ['a proof longer than a hold', 'PROVING_HURRIED', { proofSeconds: [90] }, {}, {}],
    [
      'more proofs than there is time for',
      'PROVING_HURRIED',
      { proofSeconds: Array.from({ length: 20 }, () => 30) },
      {},
      {},
    ],
    [
      'challenges of all at the last moment',
      'PROVING_HURRIED',
      { proofSeconds: Array.from({ length: 9 }, () => 20) },
      {},
      {},
    ],
    ['a proof of unknown length', 'PROVING_HURRIED', { proofSeconds: [1, Number.POSITIVE_INFINITY] }, {}, {}],
    ['outputs for no transaction', 'OUTPUTS_TOO_LARGE', { outputWords: 590 }, {}, {}],
    ['a bond above the limit', 'MAX_BOND', {}, {}, { maxBond: 999n }],
    [
      'a bond that others leave no room for',
      'MAX_STAKE_SHARE',
      {},
      { reserved: 4_500n, balance: 5_500n },
      { maxStakeShare: 0.5 },
    ],
    [
      'proofs under way that leave no time',
      'PROVING_HURRIED',
      { bound: [{ seconds: 360, from: 0, dueIn: 10_000 }] },
      {},
      {},
    ],
    [
      'proofs under way of unknown length',
      'PROVING_HURRIED',
      { bound: [{ seconds: Number.POSITIVE_INFINITY, from: 0, dueIn: 10_000 }] },
      {},
      {},
    ],
    [
      'a hold that has no time for one of its proofs before its own',
      'CAPACITY',
      { bound: [{ seconds: 20, from: 10, dueIn: 60 }] },
      {},
      {},
    ],
    ['less than it is worth', 'MIN_PROFIT', {}, {}, { minProfit: 11n }],
    ['no room for the trace and the proofs', 'DISK_FULL', {}, { diskFree: 60 << 20 }, {}],
    ['a loss', 'MIN_PROFIT', { profit: -5n }, {}, { minProfit: 1n }],
    ['dear gas', 'GAS_PRICE', {}, {}, { maxGasPrice: 9n }],
    ['coins for no settlement', 'GAS_BALANCE', {}, { native: 19_999_999n }, {}],
    ['coins that others need', 'GAS_BALANCE', {}, { native: 20_000_000n, gasUnderWay: 1n }, {}],
    [
      'coins for no gas as dear as it may come to be',
      'GAS_BALANCE',
      {},
      { native: 99_999_999n },
      { maxGasPrice: 100n },
    ],
    ['blocks too small for its trace', 'OUTPUTS_TOO_LARGE', {}, { mostGas: 500_000n }, {}],
  ])('no: %s', (_, code, other, chain, bounds) => {
    const reason = whyNoBond({ ...stake, ...other }, { ...measured, ...chain }, { ...limits, ...bounds });
    expect(reason?.code).toBe(code);
    expect(reason?.say(String)).toMatch(/\d/);
  });
});

test.each<
  [string, string, Partial<Parameters<typeof whyNoCollateral>[0]>, Partial<Measured>, Partial<StakeLimits>]
>([
  ['no room for the proof', 'DISK_FULL', {}, { diskFree: 0 }, {}],
  ['a hold shorter than proof and settlement', 'PROVING_HURRIED', { proveSeconds: 27 }, {}, {}],
  [
    'what others left no room for',
    'MAX_STAKE_SHARE',
    {},
    { reserved: 9_000n, balance: 1_000n },
    { maxStakeShare: 0.9 },
  ],
  ['less than it is worth', 'MIN_PROFIT', {}, {}, { minProfit: 6n }],
  ['dear gas', 'GAS_PRICE', {}, {}, { maxGasPrice: 1n }],
  ['coins for no settlement', 'GAS_BALANCE', {}, { native: 0n }, {}],
])('no collateral for %s', (_, code, other, chain, bounds) => {
  const bid = { collateral: 10n, profit: 5n, proveSeconds: 60, proofSeconds: 10, gas: 400_000n };
  expect(whyNoCollateral(bid, measured, limits)).toBeUndefined();
  expect(
    whyNoCollateral({ ...bid, ...other }, { ...measured, ...chain }, { ...limits, ...bounds })?.code,
  ).toBe(code);
});

describe('gas that is reckoned with', () => {
  const gas = JSON.parse(readFileSync('snapshots/gas.json', 'utf8')) as Record<string, number>;

  test.each([1, 64])(
    'of a trace that reveals %i words: what it takes, and a quarter more at most',
    (words) => {
      const reckoned = Number(traceGas({ outputWords: words, tensors: 2 }));
      const taken = gas[`commitTrace, ${words} words revealed`];
      expect(reckoned).toBeGreaterThanOrEqual(taken);
      if (words > 1) expect(reckoned).toBeLessThanOrEqual(1.25 * taken);
    },
  );

  test('of each step by default: no less than it takes', () => {
    const { bidGas, settleGas, executeGas } = nodeSettings.parse({});
    expect(bidGas).toBeGreaterThanOrEqual(gas['bid, one slice']);
    expect(settleGas).toBeGreaterThanOrEqual(gas['settle, one slice alone']);
    expect(executeGas).toBeGreaterThanOrEqual(
      gas['claimExecution with commitTrace, 6 tensors'] + gas['finalize'],
    );
  });
});

describe('gas under way', () => {
  const account = '0x00000000000000000000000000000000000000Aa';
  const other = '0x00000000000000000000000000000000000000bB';
  const gas = { bid: 1n, settle: 10n, execute: 100n };
  const options = {
    account,
    gas,
    proves: true,
    traceGas: () => 1_000n,
    verifierGas: (_: unknown, slice: number) => (slice === 2 ? 10_000n : 0n),
  };
  const slice = (index: number, state: string, holder = other): object => ({ index, state, holder });
  const job = (view: object): JobView =>
    ({ executor: other, due: [], slices: [], ...view }) as unknown as JobView;

  test.each<[string, object, Partial<typeof options>, bigint]>([
    ['nothing of what others do', { state: 'traced', slices: [slice(0, 'held'), slice(1, 'open')] }, {}, 0n],
    ['nothing of what is over', { state: 'finalized', executor: account }, {}, 0n],
    ['a settlement of what it holds', { state: 'traced', slices: [slice(0, 'held', account)] }, {}, 10n],
    ['its verifier, too', { state: 'traced', slices: [slice(2, 'held', account)] }, {}, 10_010n],
    [
      'trace, end, bids and settlements of a claim',
      { state: 'claimed', executor: account, due: [0, 1] },
      {},
      1_122n,
    ],
    [
      'without proving: trace and end',
      { state: 'claimed', executor: account, due: [0] },
      { proves: false },
      1_100n,
    ],
    [
      'whatever is unproved of its own execution',
      {
        state: 'traced',
        executor: account,
        slices: [slice(0, 'settled'), slice(1, 'held'), slice(3, 'lapsed')],
      },
      {},
      120n,
    ],
  ])('counts %s', (_, view, more, expected) => {
    expect(gasUnderWay([job(view)], { ...options, ...more })).toBe(expected);
  });
});

/** Seconds and counts as a hostile requester chooses them, mostly small. */
const chosen = fc.record({
  commitSeconds: fc.integer({ min: 1, max: 200 }),
  jobSeconds: fc.integer({ min: 1, max: 600 }),
  bidWindow: fc.integer({ min: 0, max: 60 }),
  proveSeconds: fc.integer({ min: 1, max: 300 }),
  challengeable: fc.boolean(),
  runSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
  proofSeconds: fc.array(fc.double({ min: 0.1, max: 60, noNaN: true }), { minLength: 1, maxLength: 12 }),
});
const machine = fc.record({
  blockSeconds: fc.integer({ min: 0, max: 15 }),
  workers: fc.integer({ min: 1, max: 4 }),
  safety: fc.double({ min: 1, max: 3, noNaN: true }),
});

/**
 * A small model of the market's clock: the node takes all of its safety for everything, each transaction waits for the block
 * after next, slices go to the worker that is free first, and the requester challenges all but one in the last second.
 */
function losesBond(job: ExecutionStake, { blockSeconds, pollSeconds, safety, workers }: Measured): boolean {
  const transaction = 2 * Math.max(blockSeconds, 1) + pollSeconds;
  const traced = job.runSeconds * safety + transaction;
  if (traced > job.commitSeconds) return true;
  const finished = (proofs: readonly number[]): number => {
    const free = new Array<number>(workers).fill(job.bidWindow + transaction);
    for (const seconds of [...proofs].sort((a, b) => b - a)) {
      free[free.indexOf(Math.min(...free))] += seconds * safety;
    }
    return Math.max(...free) + transaction;
  };
  const proofs = job.proofSeconds ?? [];
  if (workers === 1 && finished(proofs) > job.jobSeconds) return true;
  return (
    workers === 1 && job.challengeable && finished(proofs.slice(1)) > job.bidWindow + 2 * job.proveSeconds
  );
}

test('no random job costs a bond that was put up, on the market’s clock', () => {
  let taken = 0;
  fc.assert(
    fc.property(chosen, machine, (job, speed) => {
      const [offered, here] = [
        { ...stake, ...job },
        { ...measured, ...speed },
      ];
      if (whyNoBond(offered, here, limits)) return;
      taken++;
      expect(losesBond(offered, here)).toBe(false);
    }),
    { numRuns: 20_000 },
  );
  // Not because nothing is ever taken.
  expect(taken).toBeGreaterThan(100);
});

test('more of anything that a requester gives never turns a yes into a no', () => {
  fc.assert(
    fc.property(chosen, machine, fc.integer({ min: 0, max: 500 }), (job, speed, more) => {
      const here = { ...measured, ...speed };
      const offered = { ...stake, ...job };
      if (whyNoBond(offered, here, limits)) return;
      for (const given of ['commitSeconds', 'jobSeconds', 'proveSeconds'] as const) {
        expect(whyNoBond({ ...offered, [given]: offered[given] + more }, here, limits)).toBeUndefined();
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a step is never reckoned shorter than the chain has shown', () => {
  expect(stepSeconds({ blockSeconds: 12, pollSeconds: 1, lateSeconds: 0 })).toBe(49);
  expect(stepSeconds({ blockSeconds: 0, pollSeconds: 1, lateSeconds: 0 })).toBe(9);
  expect(stepSeconds({ blockSeconds: 12, pollSeconds: 1, lateSeconds: 30 })).toBe(79);
});

test('blocks are reckoned as far apart as those that came slowest lately, and no more once they are long past', () => {
  const provider = { getBalance: () => Promise.resolve(1n) } as unknown as JsonRpcProvider;
  const pace = new ChainPace(provider, '0x', () => 0, 1);
  expect(pace.slowest(3)).toBe(0);
  let [block, stamp] = [0, 0];
  const blocksAfter = (...gaps: readonly number[]): void => {
    for (const gap of gaps) pace.consider({ block: ++block, now: (stamp += gap) });
  };
  blocksAfter(6, 6);
  // One gap was seen: three may be as long.
  expect(pace.slowest(3)).toBe(18);
  blocksAfter(4, 8, 7, 8, 4, 5, 6, 4);
  expect([pace.blockSeconds, pace.slowest(1), pace.slowest(3)]).toEqual([6, 8, 23]);
  blocksAfter(...Array.from({ length: 10 }, () => 5));
  expect(pace.slowest(3)).toBe(19);
  blocksAfter(...Array.from({ length: 7 }, () => 5));
  expect(pace.slowest(3)).toBe(15);
  // A poll that took several blocks in shows how far apart they were, not that each was so late.
  pace.consider({ block: block + 4, now: stamp + 24 });
  expect(pace.slowest(1)).toBe(6);
});

test('looks that came late are counted until enough came in time', () => {
  let clock = 0;
  const provider = { getBalance: () => Promise.resolve(1n) } as unknown as JsonRpcProvider;
  const pace = new ChainPace(provider, '0x', () => clock, 1);
  const look = (block: number, seconds: number): void => {
    clock += seconds * 1000;
    pace.consider({ block, now: block * 12 });
  };
  for (let block = 1; block < 8; block++) look(block, 12);
  expect([pace.blockSeconds, pace.lateSeconds]).toEqual([12, 0]);
  // The RPC is away for four blocks.
  look(12, 50);
  expect([pace.blockSeconds, pace.lateSeconds]).toEqual([12, 38]);
  for (let block = 13; block < 28; block++) look(block, 12);
  expect(pace.lateSeconds).toBe(38);
  look(28, 12);
  expect(pace.lateSeconds).toBe(0);
});

test('a block that doesn’t come counts as late before it comes, and no more once blocks came in time', () => {
  let clock = 0;
  const provider = { getBalance: () => Promise.resolve(1n) } as unknown as JsonRpcProvider;
  const pace = new ChainPace(provider, '0x', () => clock, 1);
  for (let block = 1; block < 8; block++) {
    clock += 12_000;
    pace.consider({ block, now: block * 12 });
  }
  clock += 11_000;
  expect(pace.lateSeconds).toBe(0);
  // The chain stands, or the RPC shows an old one.
  clock += 301_000;
  pace.consider({ block: 7, now: 84 });
  expect(pace.lateSeconds).toBe(300);
  expect(whyNoBond(stake, { ...measured, lateSeconds: pace.lateSeconds }, limits)?.code).toBe(
    'EXECUTION_HURRIED',
  );
});
