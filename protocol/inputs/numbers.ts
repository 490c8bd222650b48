import { BadInputError } from '../errors.ts';

/** Numbers that a file holds, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  /** What the file says they are, where it does: NumPy's `f4`. */
  readonly dtype?: string;
}

/** The input that is looked for in a file. */
export interface Wanted {
  readonly name: string;
  /** Its place among the model's inputs, and how many these are. */
  readonly place: number;
  readonly of: number;
  readonly shape: readonly number[];
  /** It takes integers, and no others. */
  readonly whole: boolean;
}

/** Largest file that is read, unpacked: 256 MiB. */
export const LARGEST_INPUT = 2 ** 28;

/** What an input takes, for messages: `1×1×28×28 real numbers for input x`. */
export function describeWanted({ name, shape, whole }: Wanted): string {
  return `${shape.join('×')} ${whole ? 'integers' : 'real numbers'} for input ${name}`;
}

/**
 * The numbers, if they are such an input: of its shape (dimensions of size 1 may be there or not), or all in one row.
 * @throws BadInputError INPUT_SHAPE, INPUT_VALUE
 */
export function expectNumbers({ shape, values, dtype }: Numbers, wantedInput: Wanted): ArrayLike<number> {
  const { name, shape: wanted } = wantedInput;
  const size = wanted.reduce((product, side) => product * side, 1);
  const inner = (sizes: readonly number[]): string => sizes.filter((side) => side !== 1).join('×');
  if (inner(shape) !== inner(wanted) && inner(shape) !== (size === 1 ? '' : String(size))) {
    throw new BadInputError(
      'INPUT_SHAPE',
      `expected ${describeWanted(wantedInput)}, got ${shape.join('×') || 'one number'}${dtype === undefined ? '' : ` of dtype ${dtype}`}`,
      { hint: `An array of that shape, or its ${size} numbers in one row.` },
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new BadInputError(
        'INPUT_VALUE',
        `expected finite numbers for input ${name}, number ${i} is ${values[i]}`,
      );
    }
  }
  return values;
}
