import { BadInputError } from '../errors.ts';
import { inputFileName } from '../samples.ts';
import { LARGEST_INPUT, type Wanted } from './numbers.ts';
import { zipEntries } from './zip.ts';

/**
 * The `.npy` file of one input out of an archive of numpy.savez: called as the input, or `arr_0`, `arr_1` … in the order
 * of the inputs.
 * @throws BadInputError INPUT_FORMAT
 */
export function readNpz(bytes: Uint8Array, { name, place }: Wanted): Uint8Array {
  const names = [`${name}.npy`, `${inputFileName(name)}.npy`, `arr_${place}.npy`];
  const entries = zipEntries(bytes);
  const [wanted] = names.filter((one) => entries.some((entry) => entry.name === one));
  const [chosen, ...others] = entries.filter((entry) => entry.name === wanted);
  if (chosen === undefined) {
    const found = entries.slice(0, 10).map((entry) => entry.name.slice(0, 80));
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected an array called ${JSON.stringify(name)}, found ${found.join(', ') || 'nothing'}`,
      { hint: 'numpy.savez(file, **{name: array}) names it.' },
    );
  }
  if (others.length > 0) {
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected one array called ${chosen.name}, found ${others.length + 1}`,
    );
  }
  if (chosen.size > LARGEST_INPUT) {
    throw new BadInputError(
      'INPUT_FORMAT',
      `${chosen.name} has ${chosen.size} bytes, at most ${LARGEST_INPUT} are read`,
    );
  }
  return chosen.unpack();
}
