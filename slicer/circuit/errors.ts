import { SlicerError } from '../errors.ts';

/** A slice that can't be compiled, or values that are no witness of it. Codes: `CIRCUIT_*`. */
export class CircuitError extends SlicerError {}
