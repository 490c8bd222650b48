import { SliceproofError } from '../../protocol/errors.ts';

/** A measurement that could not be made. Codes: `BENCH_*`. */
export class BenchError extends SliceproofError {}
