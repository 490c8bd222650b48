/** Why a slice has to be proved: the request names it, the draw picked it, or somebody challenged it. */
export const DUE_REASONS = ['required', 'audited', 'challenged'] as const;
export type DueReason = (typeof DUE_REASONS)[number];

/** The masks of ISliceMarket.JobView; bit i is slice i. */
export interface DueMasks {
  readonly due: bigint;
  readonly audited: bigint;
  readonly challenged: bigint;
}

/** Why a slice is due, if it is. One that was challenged and then drawn is drawn: the escrow pays for it. */
export function dueReason({ due, audited, challenged }: DueMasks, slice: number): DueReason | undefined {
  const has = (mask: bigint): boolean => ((mask >> BigInt(slice)) & 1n) === 1n;
  if (!has(due)) return undefined;
  if (has(audited)) return 'audited';
  return has(challenged) ? 'challenged' : 'required';
}
