import { SlicerError } from '../errors.ts';

/** A program that can't be cut as asked. Codes: `PLAN_*`. */
export class PlanError extends SlicerError {}
