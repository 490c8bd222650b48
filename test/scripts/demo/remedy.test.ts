import { describe, expect, test } from 'vitest';
import type { JobStatus } from '../../../client/jobs/job-status.ts';
import type { ReasonCode } from '../../../prover-node/reasons.ts';
import type { StatusReport } from '../../../prover-node/status/report.ts';
import { reasonsOf } from '../../../scripts/demo/nodes.ts';
import { offerFor } from '../../../scripts/demo/offer.ts';
import { remedyFor, type Situation } from '../../../scripts/demo/remedy.ts';

const JOB = '0xjob';
const TRACED = 1_000_000;
const slice = { slice: 0, weight: 3, constraints: 3000, seconds: 1, floor: '1', ask: '2' };
const model = { modelId: '0x1', execution: { seconds: 1, price: '5' }, slices: [slice], missing: [] };
const offer = offerFor([{ safety: 1.5, model }], { jobs: 1, slack: 2, settleTip: 0n });

/** A job with one open slice after its trace, as one node after the other sees it. */
function situation(codes: readonly ReasonCode[], state: JobStatus['state'] = 'traced'): Situation {
  const reports = codes.map((code, i): StatusReport => {
    const reason = { code, text: `because of ${code}` };
    return {
      name: `node${i}`,
      account: null,
      doing: 'working',
      health: [],
      notes: [],
      underWay: null,
      workers: 1,
      refusedModels: [],
      capacitySafety: 1.5,
      models: [],
      jobs: [
        state === 'posted'
          ? { jobId: JOB, execution: reason, slices: [] }
          : { jobId: JOB, execution: null, slices: [{ slice: 0, ...reason }] },
      ],
    };
  });
  const status = {
    jobId: JOB,
    state,
    deadline: TRACED + offer.jobSeconds,
    slices: [{ slice: 0, state: 'open', due: true }],
  } as unknown as JobStatus;
  return { status, reports, offer, now: TRACED + 60, postedAt: TRACED, anyHeld: false };
}

describe('what the demo does when its offer does not fit', () => {
  test('raises the price that is too low for all once it has risen', () => {
    const given = situation(['PRICE', 'PRICE', 'CAPACITY']);
    expect(remedyFor(given)).toEqual({
      kind: 'raise',
      because: 'no node bids on slice 0: because of PRICE',
    });
    expect(remedyFor({ ...given, now: TRACED + offer.rampSeconds })).toBeUndefined();
  });

  test('posts again when all are too slow for its times', () => {
    expect(remedyFor(situation(['CAPACITY', 'BID_TOO_LATE', 'CAPACITY']))).toMatchObject({ kind: 'again' });
  });

  test('waits while nodes are busy with its slices, and while one of them has another reason', () => {
    const busy = situation(['CAPACITY', 'CAPACITY']);
    expect(remedyFor({ ...busy, anyHeld: true })).toBeUndefined();
    for (const code of ['BIDDING', 'TENSORS_NOT_CHECKED', 'COLLATERAL', 'GATHERING'] as const) {
      expect(remedyFor(situation(['CAPACITY', code]))).toBeUndefined();
    }
  });

  test('posts again when nobody executes it for the price, and when its time is over', () => {
    expect(remedyFor(situation(['EXECUTION_PRICE'], 'posted'))).toMatchObject({ kind: 'again' });
    expect(remedyFor(situation(['NOT_RUN_YET', 'EXECUTION_PRICE'], 'posted'))).toBeUndefined();
    const late = situation(['HELD']);
    expect(remedyFor({ ...late, now: late.status.deadline + 1 })).toMatchObject({ kind: 'again' });
  });

  test('tells each node’s own reason, once for all slices that it is the same for', () => {
    const { reports } = situation(['PRICE', 'CAPACITY']);
    const [first] = reports;
    const twice = [...first.jobs[0].slices, { ...first.jobs[0].slices[0], slice: 4 }];
    const said = reasonsOf([{ ...first, jobs: [{ ...first.jobs[0], slices: twice }] }, reports[1]], JOB);
    expect(said).toEqual([
      'node0: slice 0, 4 PRICE: because of PRICE',
      'node1: slice 0 CAPACITY: because of CAPACITY',
    ]);
    expect(reasonsOf([{ ...first, jobs: [], doing: 'measuring' }], JOB)).toEqual([
      'node0: measuring, does not see the job',
    ]);
  });
});
