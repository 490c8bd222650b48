import { SliceproofError } from '../protocol/errors.ts';

/** What an aggregator refuses or fails at. */
export class AggregatorError extends SliceproofError {}

/** What keeps a job's receipt from holding. Codes: `RECEIPT_*`. */
export class ReceiptError extends SliceproofError {}
