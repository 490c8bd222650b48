import { SliceproofError } from '../protocol/errors.ts';

/** What keeps an inference from being proved, or its proof from holding. Codes: `DESK_*`. */
export class DeskError extends SliceproofError {}
