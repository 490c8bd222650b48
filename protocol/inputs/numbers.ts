import { BadInputError } from '../errors.ts';

/** Numbers that a file holds, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** The input that is looked for in a file. */
export interface Wanted {
  readonly name: string;
  /** Its place among the model's inputs, and how many these are. */
  readonly place: number;
  readonly of: number;
  readonly shape: readonly number[];
}

/** Largest file that is read, unpacked: 256 MiB. */
export const LARGEST_INPUT = 2 ** 28;

/**
 * The numbers, if they are such an input: of its shape (dimensions of size 1 may be there or not), or all in one row.
 * @throws BadInputError INPUT_SHAPE, INPUT_VALUE
 */
export function expectNumbers(
  { shape, values }: Numbers,
  { name, shape: wanted }: Wanted,
): ArrayLike<number> {
  const size = wanted.reduce((product, side) => product * side, 1);
  const inner = (sizes: readonly number[]): string => sizes.filter((side) => side !== 1).join('×');
  if (inner(shape) !== inner(wanted) && inner(shape) !== (size === 1 ? '' : String(size))) {
    throw new BadInputError(
      'INPUT_SHAPE',
      `expected ${wanted.join('×')} numbers for input ${name}, got ${shape.join('×') || 'one number'}`,
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
