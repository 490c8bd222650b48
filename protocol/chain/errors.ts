import { SliceproofError } from '../errors.ts';

/** What goes wrong between a side and the chain. */
export class ChainError extends SliceproofError {}
