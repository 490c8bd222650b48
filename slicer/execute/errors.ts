import { SlicerError } from '../errors.ts';

/** A slice that can't be run exactly, or an ONNX Runtime that did not run it. Codes: `EXECUTE_*`. */
export class ExecuteError extends SlicerError {}
