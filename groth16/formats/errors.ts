import { BadInputError } from '../../protocol/errors.ts';

/** A binary file (.r1cs, .wtns, .zkey) that is not what its format says. Codes: `FORMAT_*`. */
export class FormatError extends BadInputError {}
