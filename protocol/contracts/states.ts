/** ISliceMarket.JobState by number. */
export const JOB_STATES = ['none', 'posted', 'claimed', 'traced', 'finalized', 'closed'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** ISliceMarket.SliceState by number. */
export const SLICE_STATES = ['open', 'held', 'lapsed', 'settled'] as const;
export type SliceState = (typeof SLICE_STATES)[number];

/** ISliceMarket.SkipReason by number: why a slice was not paid. */
export const SKIP_REASONS = [
  'not-due',
  'already-settled',
  'window-open',
  'held-by-other',
  'job-closing',
  'job-ended',
  'not-admitted',
  'proof-refused',
] as const;

/** ISliceMarket.BidRefusal by number: why a signed bid took nothing. */
export const BID_REFUSALS = [
  'outdated',
  'nonce-used',
  'not-operator',
  'invalid-signature',
  'too-little-free',
  'nothing-to-take',
  'not-admitted',
] as const;
export type BidRefusal = (typeof BID_REFUSALS)[number];
