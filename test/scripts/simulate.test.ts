import { expect, test } from 'vitest';
import { KINDS } from '../../scripts/simulate/chain.ts';
import { simulate } from '../../scripts/simulate/run.ts';
import { readMeasured, ROLLUP, type Setting } from '../../scripts/simulate/setting.ts';

const measured = readMeasured();
const setting: Setting = { ...ROLLUP, seed: 7, nodes: 6, slicesADay: 5_000, seconds: 900 };

test('a seed is a run: the same again is the same to the last figure, another is another', () => {
  const first = simulate(setting, measured);
  expect(simulate(setting, measured)).toEqual(first);
  expect(simulate({ ...setting, seed: 8 }, measured)).not.toEqual(first);
});

test('every job comes to its end, and what is paid covers what the cheapest node needs', () => {
  const outcome = simulate(setting, measured);
  expect(outcome.jobs).toBeGreaterThan(1);
  expect(outcome.finalized).toBe(outcome.jobs);
  expect(outcome.late).toBe(0);
  expect(outcome.priceToCost).toBeGreaterThanOrEqual(1);
  expect(outcome.bidsASlice).toBeGreaterThanOrEqual(1);
  expect(KINDS.reduce((sum, kind) => sum + outcome.gasShare[kind], 0)).toBeCloseTo(1, 9);
  // The offer's shortest way: a window, a batch that waits for its age, and a block each for what is sent.
  const { bidWindow } = setting.offer;
  expect(outcome.secondsToResult[0]).toBeGreaterThan(bidWindow + setting.aggregator.maxAgeSeconds);
});

test('one node alone bids once on each slice, and never in vain', () => {
  const { bidsASlice, bidsInVain } = simulate({ ...setting, nodes: 1 }, measured);
  expect({ bidsASlice, bidsInVain }).toEqual({ bidsASlice: 1, bidsInVain: 0 });
});

test('nodes that take turns lose few transactions, and neither time nor money by it', () => {
  const crowd = { ...setting, nodes: 20, slicesADay: 20_000, seconds: 3_600 };
  const racing = simulate({ ...crowd, turns: false }, measured);
  const turning = simulate(crowd, measured);
  expect(racing.inVain).toBeGreaterThan(0.9);
  // The first jobs are raced for, until all know of one another.
  expect(turning.inVain).toBeLessThan(0.25);
  expect(turning.inVainLater).toBeLessThan(0.1);
  expect(turning.finalized).toBe(turning.jobs);
  expect(turning.secondsToResult[1]).toBeLessThan(racing.secondsToResult[1] + 10);
  expect(turning.priceToCost).toBeLessThan(racing.priceToCost * 1.05);
  expect(turning.gasASlice).toBeLessThan(racing.gasASlice / 2);
});

test('a node alone is not slower for its turns', () => {
  const alone = { ...setting, nodes: 1 };
  expect(simulate(alone, measured)).toEqual(simulate({ ...alone, turns: false }, measured));
});

test('who sees what waits for its block bids less in vain', () => {
  const blind = simulate({ ...setting, nodes: 20, turns: false }, measured);
  const seeing = simulate({ ...setting, nodes: 20, turns: false, pendingSeenAfter: 0.2 }, measured);
  expect(seeing.bidsInVain).toBeLessThan(blind.bidsInVain);
});

test('blocks with too little room make transactions wait, and lose none', () => {
  const outcome = simulate({ ...setting, blockGas: 400_000 }, measured);
  expect(outcome.mostWaiting).toBeGreaterThan(0);
  expect(outcome.finalized).toBe(outcome.jobs);
});
