import { hasBit } from './masks.ts';

/** Why a slice has to be proved: the request names it, the draw picked it, or somebody challenged it. */
export const DUE_REASONS = ['required', 'audited', 'challenged'] as const;
export type DueReason = (typeof DUE_REASONS)[number];

/** The masks of ISliceMarket.JobView; bit i is slice i. */
export interface DueMasks {
  readonly due: bigint;
  readonly audited: bigint;
  readonly challenged: bigint;
}

/** Why a slice is due, if it is. None was both drawn and challenged: challenges come after the draw. */
export function dueReason({ due, audited, challenged }: DueMasks, slice: number): DueReason | undefined {
  const has = (mask: bigint): boolean => hasBit(mask, slice);
  if (!has(due)) return undefined;
  if (has(audited)) return 'audited';
  return has(challenged) ? 'challenged' : 'required';
}
