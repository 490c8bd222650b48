import { SliceproofError } from '../errors.ts';

/** What keeps proofs from being put together for the chain. */
export class SettlementError extends SliceproofError {}
