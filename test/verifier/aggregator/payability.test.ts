import { describe, expect, test } from 'vitest';
import { payabilityOf, settleBy, staleness } from '../../../verifier/aggregator/payability.ts';
import type { JobNow, SliceNow } from '../../../verifier/chain/market-reader.ts';

const ME = '0xaa';
const OTHER = '0xbb';
const job: JobNow = {
  jobId: '0x01',
  state: 'traced',
  modelId: '0x02',
  traceHash: '0x03',
  deadline: 1000,
  closing: 1200,
  proveSeconds: 300,
  cancelled: false,
  cancelEnd: 0,
  settleTip: 0n,
  executor: OTHER,
  asksWhoEnters: false,
};
const held: SliceNow = {
  state: 'held',
  due: true,
  bound: false,
  place: 0,
  holder: ME,
  windowEnd: 500,
  lockEnd: 800,
};
const open: SliceNow = {
  state: 'open',
  due: true,
  bound: false,
  place: 0,
  holder: '0x00',
  windowEnd: 0,
  lockEnd: 0,
};
const never = (reason: string): unknown => ({ kind: 'never', reason });

describe('the market pays', () => {
  test('the holder, once its bid window is over', () => {
    expect(payabilityOf(job, held, ME, 500)).toEqual({ kind: 'later', from: 500, until: 800 });
    expect(payabilityOf(job, held, ME, 501)).toEqual({ kind: 'now', until: 800 });
    expect(payabilityOf(job, held, OTHER, 501)).toEqual(never('held-by-other'));
  });

  test('anyone for an open slice, until the job closes; after a cancel until that ends, but for drawn ones', () => {
    expect(payabilityOf(job, open, OTHER, 1200)).toEqual({ kind: 'now', until: 1200 });
    expect(payabilityOf(job, open, OTHER, 1201)).toEqual(never('job-closing'));
    const cancelled = { ...job, cancelled: true, cancelEnd: 900 };
    expect(payabilityOf(cancelled, open, OTHER, 900)).toEqual({ kind: 'now', until: 900 });
    expect(payabilityOf(cancelled, open, OTHER, 901)).toEqual(never('job-closing'));
    expect(payabilityOf(cancelled, { ...open, bound: true }, OTHER, 901)).toEqual({
      kind: 'now',
      until: 1200,
    });
  });

  test('where a contract says who may enter, nobody surely but holders and the executor', () => {
    const asking = { ...job, executor: '0xcc', asksWhoEnters: true };
    const lapsed: SliceNow = { ...held, state: 'lapsed', lockEnd: 950 };
    for (const slice of [open, lapsed]) {
      expect(payabilityOf(asking, slice, ME, 960)).toEqual(never('not-held'));
      expect(payabilityOf(asking, slice, '0xcc', 960).kind).toBe('now');
    }
    expect(payabilityOf(asking, held, ME, 501)).toEqual({ kind: 'now', until: 800 });
    expect(payabilityOf(asking, held, '0xcc', 501)).toEqual(never('held-by-other'));
  });

  test('anyone after a lapse, as long as that lapse keeps the job open, booked or not', () => {
    const lapsed: SliceNow = { ...held, state: 'lapsed', lockEnd: 950 };
    expect(payabilityOf(job, lapsed, OTHER, 1250)).toEqual({ kind: 'now', until: 1250 });
    expect(payabilityOf(job, lapsed, OTHER, 1251)).toEqual(never('job-closing'));
  });

  test('nobody twice, nor for what is not asked for, nor after the end', () => {
    const settled: SliceNow = { ...held, state: 'settled' };
    expect(payabilityOf(job, settled, ME, 0)).toEqual(never('already-settled'));
    expect(payabilityOf(job, settled, OTHER, 0)).toEqual(never('settled-elsewhere'));
    expect(payabilityOf(job, { ...open, due: false }, ME, 0)).toEqual(never('not-due'));
    expect(payabilityOf({ ...job, state: 'closed' }, open, ME, 0)).toEqual(never('job-ended'));
  });
});

test('a proof is settled a safe time before its end, and never later than a short hold allows', () => {
  expect(settleBy(1000, job, 90)).toBe(910);
  expect(settleBy(1000, { ...job, proveSeconds: 60 }, 90)).toBe(955);
});

describe('a proof that goes stale', () => {
  const accepted = { payableFrom: 0, payableUntil: 800 };
  test('is its prover’s doing when it settled by itself in time, not when it was late here', () => {
    expect(staleness(accepted, 'already-settled', 800).blamed).toBe(true);
    expect(staleness(accepted, 'already-settled', 801).blamed).toBe(false);
  });
  test('is nobody’s doing when the job ended, or another bid less in the window', () => {
    expect(staleness(accepted, 'job-ended', 10).blamed).toBe(false);
    expect(staleness({ ...accepted, payableFrom: 5 }, 'held-by-other', 10)).toEqual({
      reason: 'outbid',
      blamed: false,
    });
    expect(staleness(accepted, 'held-by-other', 10)).toEqual({ reason: 'held-by-other', blamed: true });
  });
});
