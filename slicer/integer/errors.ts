import { BadInputError } from '../../protocol/errors.ts';

/** Values or a program that the integer semantics refuse. Codes: `INTEGER_*`, `PROGRAM_*`. */
export class IntegerProgramError extends BadInputError {}
