import type { Failure } from './attempts.ts';

/** Writes an amount, in 10^-18 of the asset, for people. */
export type Amount = (units: bigint) => string;

/** Stable, for scripts: docs/operations.md says what each means. */
export const REASON_CODES = [
  'MODEL_NOT_READY',
  'CIRCUIT_NOT_READY',
  'TENSORS_NOT_CHECKED',
  'GATHERING',
  'TURN',
  'NOT_ADMITTED',
  'MODEL_DENIED',
  'PUBLISHER_DENIED',
  'REQUESTER_DENIED',
  'HOOK_NOT_ALLOWED',
  'NO_TRACE',
  'PRICE',
  'OUTBID',
  'OWN_MAXIMUM',
  'CAPACITY',
  'COLLATERAL',
  'BID_TOO_LATE',
  'BIDDING',
  'SIGNED',
  'LEADING',
  'HELD',
  'HELD_BY_OTHER',
  'LAPSED',
  'CANCELLED',
  'NOT_RUN_YET',
  'INPUT_NOT_READY',
  'TRACE_NOT_KEPT',
  'EXECUTING',
  'EXECUTION_OVER',
  'EXECUTION_TAKEN',
  'EXECUTION_TOO_LATE',
  'EXECUTION_UNPROVABLE',
  'EXECUTION_BOND',
  'EXECUTION_PRICE',
  'EXECUTION_HURRIED',
  'PROVING_HURRIED',
  'OUTPUTS_TOO_LARGE',
  'MAX_BOND',
  'MAX_STAKE_SHARE',
  'MIN_PROFIT',
  'GAS_PRICE',
  'GAS_BALANCE',
  'DISK_FULL',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** What a node does, or waits for in the course of doing it; everything else is work that it leaves. */
const DOINGS: ReadonlySet<ReasonCode> = new Set([
  'GATHERING',
  'TURN',
  'NO_TRACE',
  'BIDDING',
  'SIGNED',
  'LEADING',
  'HELD',
  'EXECUTING',
]);

export function isRefusal(code: ReasonCode): boolean {
  return !DOINGS.has(code);
}

/** What a node does about work that it is offered or, mostly, why it leaves it: a code, and a sentence about the node. */
export interface Reason {
  readonly code: ReasonCode;
  readonly say: (amount: Amount) => string;
}

export function because(code: ReasonCode, say: (amount: Amount) => string): Reason {
  return { code, say };
}

export function notAdmitted(): Reason {
  return because('NOT_ADMITTED', () => 'the job does not admit its account');
}

/** Nobody bids on a guess. */
export const NOT_MEASURED = because('CAPACITY', () => 'it has not measured yet how long its proof takes');

/** The node's own highest price doesn't cover what the slice costs it. */
export function ownMaximum(cost: bigint, maxUnitPrice: bigint | undefined): Reason {
  return because(
    'OWN_MAXIMUM',
    (amount) =>
      `it costs ${amount(cost)} here, more than max-unit-price ${amount(maxUnitPrice ?? 0n)} brings`,
  );
}

/** Something is still fetched or checked, or couldn't be. */
export function notReady(code: ReasonCode, what: string, failure: Failure | undefined): Reason {
  return because(code, () =>
    failure === undefined
      ? `it is still fetching or checking ${what}`
      : `it could not get or check ${what}: ${failure.code} ${failure.message}`,
  );
}
