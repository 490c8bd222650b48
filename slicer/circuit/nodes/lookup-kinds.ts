import { argmax } from './argmax.ts';
import { belowMax } from './below-max.ts';
import { divide } from './divide.ts';
import { bitKinds, type CircuitKinds } from './index.ts';
import { isqrt } from './isqrt.ts';
import { lookupMaxPool } from './lookup-max-pool.ts';
import { lookupMaximum } from './lookup-maximum.ts';
import { lookupRescale } from './lookup-rescale.ts';
import { lookupTableKind } from './lookup-table.ts';
import { pinned } from './pinned.ts';

/**
 * Ranges, rescales, maxima and tables by lookups. Sums and products of what is fixed before the challenge are fixed
 * before it too, and are as they are; all else is made of booleans, and committed.
 */
export const lookupKinds: CircuitKinds = {
  ...bitKinds,
  argmax: pinned(argmax),
  'below-max': pinned(belowMax),
  divide: pinned(divide),
  isqrt: pinned(isqrt),
  'max-pool': lookupMaxPool,
  maximum: lookupMaximum,
  rescale: lookupRescale,
  table: lookupTableKind,
};
