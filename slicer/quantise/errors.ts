import { SlicerError } from '../errors.ts';

/** A model or calibration data that can't be turned into an integer program. Codes: `QUANTISE_*`. */
export class QuantiseError extends SlicerError {}
