import { SliceproofError } from '../protocol/errors.ts';

/** Failures of the indexer. Codes start with `INDEXER_`. */
export class IndexerError extends SliceproofError {}
