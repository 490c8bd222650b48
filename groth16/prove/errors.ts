import { Groth16Error } from '../errors.ts';

/** A proof that could not be made. Codes: `PROVE_*` for a job, `PROVER_*` for the processes that run jobs. */
export class ProveError extends Groth16Error {}
