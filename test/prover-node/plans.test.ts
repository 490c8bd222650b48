import { describe, expect, test } from 'vitest';
import type { JobView, SliceView } from '../../prover-node/chain/state.ts';
import { bondOf, planExecution } from '../../prover-node/execute/plan.ts';
import { planHandIn } from '../../prover-node/hand-in/plan.ts';
import { planKeeping } from '../../prover-node/keep/plan.ts';
import { planProof } from '../../prover-node/prove/plan.ts';
import { job, ME, NOBODY, NOW, OTHER, slice } from './support/job-view.ts';

const BLOCK = 500;

const held = (holder: string, more: Partial<SliceView> = {}): SliceView => ({
  ...slice,
  state: 'held',
  holder,
  windowEnd: NOW - 10,
  lockEnd: NOW + 90,
  ...more,
});

describe('a proof that is made', () => {
  const means = { account: ME.toLowerCase(), hasAggregator: true, settleMargin: 30 };
  const step = (view: SliceView, now = NOW, more: Partial<JobView> = {}, hasAggregator = true): string =>
    planHandIn({ ...job, ...more }, view, now, { ...means, hasAggregator }).kind;

  test('travels with an aggregator until the margin before the hold’s end, then is settled alone', () => {
    expect(step(held(ME))).toBe('hand-over');
    expect(step(held(ME), NOW + 59)).toBe('hand-over');
    expect(step(held(ME), NOW + 60)).toBe('settle');
  });

  test('keeps at least half of the time to prove for the aggregator’s batch to be missed', () => {
    expect(step(held(ME, { lockEnd: NOW + 5 }), NOW, { offer: { ...job.offer, proveSeconds: 8 } })).toBe(
      'hand-over',
    );
  });

  test('is settled at once without an aggregator, and when the slice is open to all', () => {
    expect(step(held(ME), NOW, {}, false)).toBe('settle');
    expect(step({ ...slice, state: 'lapsed', holder: OTHER })).toBe('settle');
    expect(step(slice)).toBe('settle');
    expect(step({ ...slice, price: 0n })).toBe('wait');
  });

  test('waits while others may still bid', () => {
    expect(step(held(ME, { windowEnd: NOW }))).toBe('wait');
    expect(step(held(OTHER, { windowEnd: NOW }))).toBe('wait');
  });

  test('is paid or lost as the chain says', () => {
    expect(step({ ...slice, state: 'settled', holder: ME })).toBe('paid');
    expect(step({ ...slice, state: 'settled', holder: OTHER })).toBe('lost');
    expect(step(held(ME), NOW, { state: 'closed' })).toBe('lost');
    expect(step(slice, NOW + 501)).toBe('lost');
  });

  test('is kept while another holds the slice, who may let it lapse', () => {
    expect(step(held(OTHER))).toBe('wait');
    expect(step({ ...held(OTHER), state: 'lapsed' })).toBe('settle');
  });

  test('is settled to the end of its hold, though the requester cancelled and that ends before', () => {
    const cancelled = { cancelled: true, cancelEnd: NOW - 1, closing: NOW - 1 };
    expect(step(held(ME), NOW + 90, cancelled)).toBe('settle');
    expect(step({ ...slice, lockEnd: NOW + 90 }, NOW, cancelled)).toBe('lost');
  });

  test('is settled after a lapse that nobody booked, which may end after the deadline', () => {
    const late = { deadline: NOW - 1, closing: NOW - 1 };
    const lapsed: SliceView = { ...held(OTHER), state: 'lapsed', lockEnd: NOW - 1 };
    expect(step(lapsed, NOW + 99, late)).toBe('settle');
    expect(step(lapsed, NOW + 100, late)).toBe('lost');
  });
});

describe('what is proved', () => {
  const means = { account: ME, seconds: 10, leastIncome: 500n, backstopSeconds: 120, countsWithin: 30 };
  const plan = (
    view: SliceView,
    income = 1_000n,
    now = NOW,
    more: Partial<JobView> = {},
  ): string | undefined => planProof({ ...job, ...more }, view, income, now, means);

  test('a slice that this account holds, once the window is closed', () => {
    expect(plan(held(ME, { windowEnd: NOW }))).toBeUndefined();
    expect(plan(held(ME))).toBe('held');
    expect(plan(held(OTHER))).toBeUndefined();
  });

  test('a slice that this account holds to the end of the hold, though the job was cancelled', () => {
    const cancelled = { cancelled: true, cancelEnd: NOW - 1, closing: NOW - 1 };
    expect(plan(held(ME), 1_000n, NOW + 90, cancelled)).toBe('held');
    expect(plan(held(ME), 1_000n, NOW + 91, cancelled)).toBeUndefined();
  });

  test('by its executor, a slice whose lapse nobody booked, after the deadline', () => {
    const late = { executor: ME, deadline: NOW - 1, closing: NOW - 1 };
    const lapsed: SliceView = { ...held(OTHER), state: 'lapsed', lockEnd: NOW - 1 };
    expect(plan(lapsed, 0n, NOW, late)).toBe('backstop');
    expect(plan(lapsed, 0n, NOW + 90, late)).toBeUndefined();
  });

  test('a lapsed slice that pays', () => {
    const lapsed: SliceView = { ...slice, state: 'lapsed', holder: OTHER };
    expect(plan(lapsed)).toBe('open');
    expect(plan(lapsed, 499n)).toBeUndefined();
    expect(plan(lapsed, 1_000n, NOW + 491)).toBeUndefined();
  });

  test('an open slice only when it is too late for a bid', () => {
    expect(plan(slice)).toBeUndefined();
    expect(plan(slice, 1_000n, NOW + 390)).toBeUndefined();
    expect(plan(slice, 1_000n, NOW + 391)).toBe('open');
    expect(plan(slice, 0n, NOW + 391)).toBeUndefined();
    expect(plan(slice, 1_000n, NOW, { cancelled: true, cancelEnd: NOW + 10 })).toBe('open');
    expect(plan(slice, 1_000n, NOW, { cancelled: true, cancelEnd: NOW + 9 })).toBeUndefined();
  });

  test('a drawn slice of a cancelled job like any other: it is open to bids', () => {
    const cancelled = { cancelled: true, cancelEnd: NOW - 1 };
    expect(plan({ ...slice, bound: true }, 1_000n, NOW, cancelled)).toBeUndefined();
    expect(plan({ ...slice, bound: true }, 1_000n, NOW + 391, cancelled)).toBe('open');
  });

  test('whatever is left near the deadline of a job that this account executed, at any price', () => {
    const mine = { executor: ME };
    expect(plan(slice, 0n, NOW + 379, mine)).toBeUndefined();
    expect(plan(slice, 0n, NOW + 380, mine)).toBe('backstop');
    expect(plan(held(OTHER), 0n, NOW + 380, mine)).toBeUndefined();
  });

  test('sooner, where all that may go before it takes longer', () => {
    const mine = { ...job, executor: ME };
    const busy = { ...means, countsWithin: 400 };
    expect(planProof(mine, slice, 0n, NOW + 99, busy)).toBeUndefined();
    expect(planProof(mine, slice, 0n, NOW + 100, busy)).toBe('backstop');
  });

  test('at no price for a bond, where none hangs on it: in a cancelled job only on what a cancel does not touch', () => {
    const cancelled = { executor: ME, cancelled: true, cancelEnd: NOW + 100 };
    expect(plan(slice, 0n, NOW + 80, cancelled)).toBeUndefined();
    expect(plan({ ...slice, bound: true }, 0n, NOW + 380, cancelled)).toBe('backstop');
  });

  test('nothing that is settled or over, and nothing whose time is unknown', () => {
    expect(plan({ ...slice, state: 'settled', holder: OTHER })).toBeUndefined();
    expect(plan(held(ME), 1_000n, NOW + 501)).toBeUndefined();
    const lapsed: SliceView = { ...slice, state: 'lapsed', holder: OTHER };
    expect(
      planProof(job, lapsed, 1_000n, NOW, { ...means, seconds: Number.POSITIVE_INFINITY }),
    ).toBeUndefined();
  });
});

describe('an execution', () => {
  const posted: JobView = {
    ...job,
    state: 'posted',
    executor: NOBODY,
    slices: [],
    executionPriceNow: 300n,
    commitBy: NOW + 60,
  };
  const means = { account: ME, balance: 5_000n, leastPrice: 300n, canProve: true };

  test('is claimed when it pays, the bond is there and a claim still ends in time', () => {
    expect(planExecution(posted, NOW, means)).toBe('claim');
    expect(planExecution(posted, NOW, { ...means, leastPrice: 301n })).toBeUndefined();
    expect(planExecution(posted, NOW, { ...means, balance: 4_999n })).toBeUndefined();
    expect(planExecution(posted, NOW + 1, means)).toBeUndefined();
    expect(planExecution({ ...posted, admitted: false }, NOW, means)).toBeUndefined();
  });

  expect(planExecution({ ...posted, admitted: false }, NOW, means)).toBeUndefined();
  test('is not claimed while a due slice may be one that nobody but its publisher can prove', () => {
    expect(planExecution(posted, NOW, { ...means, canProve: false })).toBeUndefined();
    const claimed: JobView = { ...posted, state: 'claimed', executor: ME, claimEnd: NOW };
    expect(planExecution(claimed, NOW, { ...means, canProve: false })).toBe('commit');
  });

  test('asks a bond of the escrow or of twice the price, whichever is larger', () => {
    expect(bondOf(posted)).toBe(5_000n);
    expect(bondOf({ ...posted, execution: { maxPrice: 3_000n, commitSeconds: 60 } })).toBe(6_000n);
  });

  test('that this account claimed is committed in time; that of another is left until its claim ran out', () => {
    const claimed: JobView = { ...posted, state: 'claimed', claimEnd: NOW, commitBy: NOW + 100 };
    expect(planExecution({ ...claimed, executor: ME }, NOW, means)).toBe('commit');
    expect(planExecution({ ...claimed, executor: OTHER }, NOW, means)).toBeUndefined();
    expect(planExecution({ ...claimed, executor: OTHER }, NOW + 1, means)).toBe('claim');
  });
});

describe('a keeper', () => {
  test('books holds of others that ran out, not its own, for a tenth of the collateral', () => {
    const lapsed = (index: number, holder: string, booked = false): SliceView => ({
      ...slice,
      index,
      state: 'lapsed',
      holder,
      booked,
    });
    const slices = [lapsed(0, OTHER), lapsed(1, ME), lapsed(2, OTHER, true), lapsed(3, OTHER), held(OTHER)];
    expect(planKeeping({ ...job, slices }, NOW, BLOCK, ME)).toEqual([
      { kind: 'slash', slices: [0, 3], reward: 400n },
    ]);
  });

  test('books a claim that ran out', () => {
    const claimed: JobView = { ...job, state: 'claimed', slices: [], claimEnd: NOW };
    expect(planKeeping(claimed, NOW, BLOCK, ME)).toEqual([]);
    expect(planKeeping(claimed, NOW + 1, BLOCK, ME)).toEqual([{ kind: 'slash-execution', reward: 1_000n }]);
    expect(planKeeping(claimed, NOW + 1, BLOCK, OTHER)).toEqual([]);
  });

  test('ends what others left unproved, for the part of the bond that is left, once nothing of it can be proved', () => {
    const end = job.closing;
    expect(planKeeping(job, end, BLOCK, ME)).toEqual([]);
    expect(planKeeping(job, end + 1, BLOCK, ME)).toEqual([{ kind: 'expire', reward: 1_000n }]);
    expect(planKeeping({ ...job, spent: 4_000n }, end + 1, BLOCK, ME)).toEqual([
      { kind: 'expire', reward: 600n },
    ]);
    expect(planKeeping({ ...job, spent: 20_000n }, end + 1, BLOCK, ME)).toEqual([
      { kind: 'expire', reward: 0n },
    ]);
    // A hold that ran out late is proved for some time more; its reward comes with the end.
    const late = { ...job, slices: [held(OTHER, { state: 'lapsed', lockEnd: end })] };
    expect(planKeeping(late, end + 100, BLOCK, ME)).toEqual([{ kind: 'slash', slices: [0], reward: 200n }]);
    expect(planKeeping(late, end + 101, BLOCK, ME)).toEqual([{ kind: 'expire', reward: 1_200n }]);
    // What it holds itself, executed, or has nothing to get of, it leaves.
    const own = { ...job, slices: [held(ME, { state: 'lapsed', lockEnd: end })] };
    expect(planKeeping(own, end + 101, BLOCK, ME)).toEqual([]);
    expect(planKeeping({ ...job, executor: ME }, end + 1, BLOCK, ME)).toEqual([]);
    expect(planKeeping({ ...job, settledCount: 1 }, end + 1, BLOCK, ME)).toEqual([]);
  });

  test('gets the escrow back of what its account posted and nobody executed; of others’ jobs it leaves it', () => {
    const posted: JobView = { ...job, state: 'posted', slices: [], commitBy: NOW, requester: ME };
    expect(planKeeping(posted, NOW, BLOCK, ME)).toEqual([]);
    expect(planKeeping(posted, NOW + 1, BLOCK, ME)).toEqual([{ kind: 'expire' }]);
    expect(planKeeping({ ...posted, requester: OTHER }, NOW + 1, BLOCK, ME)).toEqual([]);
  });

  test('finalizes what it executed once all is proved and the time for challenges is over', () => {
    const proved = { ...job, executor: ME, settledCount: 1, challengeSeconds: 100 };
    expect(planKeeping(proved, NOW, BLOCK, ME)).toEqual([]);
    expect(planKeeping(proved, NOW + 1, BLOCK, ME)).toEqual([{ kind: 'finalize' }]);
    expect(planKeeping({ ...proved, executor: OTHER }, NOW + 1, BLOCK, ME)).toEqual([]);
  });

  test('draws the audits of what it executed as soon as they can be, and finalizes no sooner', () => {
    const pending = { ...job, executor: ME, settledCount: 1, drawPending: true, drawAnchor: BLOCK };
    expect(planKeeping(pending, NOW, BLOCK - 1, ME)).toEqual([]);
    expect(planKeeping(pending, NOW, BLOCK, ME)).toEqual([{ kind: 'draw' }]);
    expect(planKeeping(pending, NOW, BLOCK, OTHER)).toEqual([]);
  });

  test('expires a cancelled job that owes it the execution, and never one that costs it its bond', () => {
    const over = { ...job, executor: ME, closing: NOW - 1 };
    expect(planKeeping({ ...over, cancelled: true }, NOW, BLOCK, ME)).toEqual([{ kind: 'expire' }]);
    expect(planKeeping(over, NOW, BLOCK, ME)).toEqual([]);
  });
});
