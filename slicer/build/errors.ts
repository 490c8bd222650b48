import { SlicerError } from '../errors.ts';

/** A build that can't go on, or whose own checks failed. Codes: `BUILD_*`. */
export class BuildError extends SlicerError {}
