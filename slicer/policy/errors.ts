import { SlicerError } from '../errors.ts';

/** A verification policy that can't be had. Codes: `POLICY_*`. */
export class PolicyError extends SlicerError {}
