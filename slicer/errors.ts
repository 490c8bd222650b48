import { SliceproofError } from '../protocol/errors.ts';

/** What the slicer refuses: a model, an input, a circuit or a key that is not what it should be. */
export class SlicerError extends SliceproofError {}
