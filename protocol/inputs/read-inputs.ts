import type { Whole } from '../box.ts';
import { BadInputError } from '../errors.ts';
import { readBounded } from '../files/read-bounded.ts';
import { isImage, preprocessBytes, readImage, type Preprocessing } from '../image.ts';
import { boundsOfSpec } from '../commitment/commit.ts';
import { quantiseTensor, type Manifest, type ManifestTensor } from '../manifest.ts';
import { readNpy } from '../npy.ts';
import { splitWhole, wholeInputs } from '../wholes.ts';
import { describeWanted, expectNumbers, LARGEST_INPUT, type Numbers, type Wanted } from './numbers.ts';
import { readCsv } from './csv.ts';
import { readJsonInput } from './json.ts';
import { readNpz } from './npz.ts';

/** The files of one job, in the order of the model's inputs; a file that holds several of them is named for each. */
export interface JobInputs {
  /** What a person calls them together. */
  readonly label: string;
  readonly files: readonly string[];
}

/** Files that may hold all inputs of a model, each under its name. */
const HOLDS_SEVERAL = /\.(json|npz)$/i;

/**
 * Which files make a job: each by itself where the model has one input, or where the file holds all of them; else one of
 * each name, `name=file`, the first of every name for the first job, and so on.
 * @throws BadInputError INPUT_COUNT, INPUT_NAME
 */
export function jobInputs(manifest: Manifest, given: readonly string[]): readonly JobInputs[] {
  const names = wholeInputs(manifest).map(({ name }) => name);
  const byName = new Map(names.map((name): [string, string[]] => [name, []]));
  for (const text of given) {
    const name = names.find((known) => text.startsWith(`${known}=`));
    if (name !== undefined) byName.get(name)?.push(text.slice(name.length + 1));
    else if (names.length === 1 || HOLDS_SEVERAL.test(text)) {
      for (const files of byName.values()) files.push(text);
    } else {
      throw new BadInputError(
        'INPUT_NAME',
        `expected name=file with one of ${names.join(', ')}, got ${text}`,
        {
          hint: 'Or give one .json or .npz file that holds an array of each name.',
        },
      );
    }
  }
  const counts = names.map((name) => byName.get(name)?.length ?? 0);
  if (new Set(counts).size !== 1) {
    const got = names.map((name, i) => `${counts[i]} of ${name}`).join(', ');
    throw new BadInputError('INPUT_COUNT', `expected as many files of each input, got ${got}`);
  }
  return Array.from({ length: counts[0] }, (_, job) => {
    const files = names.map((name) => byName.get(name)?.[job] ?? '');
    return { label: [...new Set(files)].join(' '), files };
  });
}

/**
 * Reads a job's inputs: the integers of each tensor that they are committed in. Files are images (PNG, JPEG), `.npy`,
 * `.npy.gz`, `.npz`, `.csv` or `.json`; see docs/inputs.md for what each may look like.
 * @param preprocessing in place of what the build was told
 * @throws BadInputError INPUT_UNREADABLE, INPUT_SHAPE, INPUT_VALUE, INPUT_FORMAT, IMAGE_*, NPY_INVALID
 */
export async function readInputs(
  manifest: Manifest,
  files: readonly string[],
  preprocessing: Preprocessing = {},
): Promise<readonly Float64Array[]> {
  const wholes = wholeInputs(manifest);
  const given = Object.entries(preprocessing).filter(([, value]) => value !== undefined);
  const told = { ...manifest.preprocessing, ...Object.fromEntries(given) };
  const pieces = wholes.map(async (whole, place) => {
    const tensor = manifest.tensors[whole.pieces[0].tensor];
    const wanted = {
      name: whole.name,
      place,
      of: wholes.length,
      shape: whole.shape,
      whole: tensor.whole === true,
    };
    const reading = tensor.whole ? { ...told, scale: told.scale ?? 1 } : told;
    const reals = await readReals(whole, wanted, files[place], reading);
    if (tensor.whole) expectWhole(tensor, reals, files[place]);
    return splitWhole(whole, quantiseTensor(tensor, reals));
  });
  return (await Promise.all(pieces)).flat();
}

/** @throws BadInputError INPUT_VALUE: a fraction, or past what the model was built for */
function expectWhole(tensor: ManifestTensor, values: ArrayLike<number>, file: string): void {
  const { low, high } = boundsOfSpec(tensor);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    throw new BadInputError(
      'INPUT_VALUE',
      `${file}: expected integers ${low} … ${high} for input ${tensor.name}, number ${i} is ${value}`,
      { hint: 'Calibrate on samples that hold the largest, or check what the file means.' },
    );
  }
}

async function readReals(
  { shape }: Whole,
  wanted: Wanted,
  file: string,
  preprocessing: Preprocessing,
): Promise<ArrayLike<number>> {
  const bytes = await readBounded(file, LARGEST_INPUT).catch((cause: unknown) => {
    throw new BadInputError('INPUT_UNREADABLE', `could not read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  });
  const read = READERS.find(([ending]) => ending.test(file))?.[1];
  return named(file, wanted, () => {
    if (read !== undefined) return expectNumbers(read(bytes, wanted, preprocessing), wanted);
    if (!IMAGE.test(file) && !isImage(bytes)) throw unknownFormat();
    return readImage(bytes, shape, preprocessing);
  });
}

const IMAGE = /\.(png|jpe?g)$/i;

function unknownFormat(): BadInputError {
  return new BadInputError(
    'INPUT_FORMAT',
    'expected a file of .png, .jpg, .npy, .npy.gz, .npz, .json or .csv, by its name',
    { hint: 'Convert it to one of these, or name it as what it is.' },
  );
}

type Read = (bytes: Uint8Array, wanted: Wanted, preprocessing: Preprocessing) => Numbers;

const READERS: readonly (readonly [RegExp, Read])[] = [
  [/\.npy(\.gz)?$/i, numbersOfNpy],
  [/\.npz$/i, (bytes, wanted, preprocessing) => numbersOfNpy(readNpz(bytes, wanted), wanted, preprocessing)],
  [/\.json$/i, readJsonInput],
  [/\.csv$/i, readCsv],
];

/** Bytes are preprocessed; all other numbers are taken as they are. */
function numbersOfNpy(bytes: Uint8Array, { shape: wanted }: Wanted, preprocessing: Preprocessing): Numbers {
  const { shape, data, dtype } = readNpy(bytes);
  return {
    shape,
    dtype,
    values: data instanceof Uint8Array ? preprocessBytes(data, wanted, preprocessing) : data,
  };
}

/** What is wrong with a file says which file, and what it was read for. */
function named<T>(file: string, wanted: Wanted, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error;
    const { code, message, hint, details } = error;
    const expected = describeWanted(wanted);
    const whatFor = message.includes('for input ') ? '' : ` (expected: ${expected})`;
    throw new BadInputError(code, `${file}: ${message}${whatFor}`, { hint, details, cause: error });
  }
}
