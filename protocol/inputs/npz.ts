import { unzipSync } from 'fflate';
import { BadInputError } from '../errors.ts';
import { inputFileName } from '../samples.ts';
import { LARGEST_INPUT, type Wanted } from './numbers.ts';

/**
 * The `.npy` file of one input out of an archive of numpy.savez: called as the input, or `arr_0`, `arr_1` … in the order
 * of the inputs.
 * @throws BadInputError INPUT_FORMAT
 */
export function readNpz(bytes: Uint8Array, { name, place }: Wanted): Uint8Array {
  const names = [`${name}.npy`, `${inputFileName(name)}.npy`, `arr_${place}.npy`];
  const found: string[] = [];
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name: entry, originalSize }) => {
        if (found.length < 10) found.push(entry);
        // The archive says how large it will be, and is unpacked into no more.
        return names.includes(entry) && originalSize <= LARGEST_INPUT;
      },
    });
  } catch (cause) {
    throw new BadInputError('INPUT_FORMAT', `expected an archive of numpy.savez: ${String(cause)}`, {
      cause,
    });
  }
  const chosen = names.find((entry) => Object.hasOwn(files, entry));
  if (chosen !== undefined) return files[chosen];
  throw new BadInputError(
    'INPUT_FORMAT',
    `expected an array called ${JSON.stringify(name)} of at most ${LARGEST_INPUT} bytes, found ${found.join(', ') || 'nothing'}`,
  );
}
