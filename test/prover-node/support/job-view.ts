import type { JobView, SliceView } from '../../../prover-node/chain/state.ts';

export const ME = '0x00000000000000000000000000000000000000aa';
export const OTHER = '0x00000000000000000000000000000000000000bb';
export const NOBODY = '0x0000000000000000000000000000000000000000';
export const NOW = 1_000_000;

/** That nobody bid on yet. */
export const slice: SliceView = {
  index: 0,
  state: 'open',
  booked: false,
  bound: false,
  place: 0,
  holder: NOBODY,
  unitPrice: 0n,
  windowEnd: 0,
  lockEnd: 0,
  price: 1_000n,
  collateral: 2_000n,
  raise: 0n,
};

/** Of that slice, traced, executed by another. */
export const job: JobView = {
  id: `0x${'11'.repeat(32)}`,
  requestId: `0x${'44'.repeat(32)}`,
  requester: NOBODY,
  state: 'traced',
  modelId: `0x${'22'.repeat(32)}`,
  traceHash: `0x${'33'.repeat(32)}`,
  feeBps: 100,
  due: [0],
  slices: [slice],
  dueCount: 1,
  settledCount: 0,
  executor: OTHER,
  bond: 10_000n,
  escrow: 5_000n,
  spent: 0n,
  tracedAt: NOW - 100,
  claimEnd: 0,
  commitBy: 0,
  deadline: NOW + 500,
  closing: NOW + 500,
  jobSeconds: 600,
  challengeSeconds: 0,
  audits: 0,
  contestable: [],
  cancelled: false,
  cancelEnd: 0,
  drawPending: false,
  drawAnchor: 0,
  admitted: true,
  foreignHook: undefined,
  outputCommitmentOnly: false,
  offer: { bidWindow: 10, proveSeconds: 100, minUndercutBps: 100, settleTip: 0n },
  execution: { maxPrice: 400n, commitSeconds: 60 },
  unitPriceNow: 10n,
  executionPriceNow: 0n,
  inputs: [],
  inputDigest: '',
  trace: undefined,
};
