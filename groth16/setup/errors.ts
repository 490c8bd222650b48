import { Groth16Error } from '../errors.ts';

/** A setup that can't be made or was stopped. Codes: `SETUP_*`. */
export class SetupError extends Groth16Error {}
