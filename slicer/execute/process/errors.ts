import { SlicerError } from '../../errors.ts';

/** A model that ended, or held up, the process that it ran in. Codes: `MODEL_*`. */
export class ModelError extends SlicerError {}
