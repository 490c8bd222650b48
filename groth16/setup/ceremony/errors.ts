import { Groth16Error } from '../../errors.ts';

/** A ceremony that can't go on, or that doesn't hold. Codes: `CEREMONY_*`, `PHASE1_*`. */
export class CeremonyError extends Groth16Error {}
