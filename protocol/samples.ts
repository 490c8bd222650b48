import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BadInputError } from './errors.ts';
import { preprocessBytes, readImage, type Preprocessing } from './image.ts';
import { readNpy, type NpyArray } from './npy.ts';

const NPY = /\.npy(\.gz)?$/;
const IMAGE = /\.(png|jpe?g)$/i;

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** How samples are read. */
export interface Reading extends Preprocessing {
  /** Called where bytes of an array become reals with nothing to say how: they are taken for pixels, and divided by 255. */
  readonly onPixels?: (file: string) => void;
}

/** Integers past it are not all floats. */
const EXACT = 2 ** 24;

/** Cuts an array into inputs of the wanted shape. Bytes are preprocessed; other numbers are taken as they are. */
function cut(
  { shape, data }: NpyArray,
  { shape: wanted, type }: Wanted,
  file: string,
  reading: Reading,
): readonly Float32Array[] {
  const size = sizeOf(wanted);
  const count = sizeOf(shape) / size;
  // Dimensions of size 1 (a batch, one channel) may be there or not; the others must follow each other alike.
  const inner = (sizes: readonly number[]): string => String(sizes.filter((dimension) => dimension !== 1));
  const fits =
    inner(shape) === inner(wanted) || (shape[0] === count && inner(shape.slice(1)) === inner(wanted));
  if (!Number.isInteger(count) || count < 1 || !fits) {
    throw new BadInputError(
      'SAMPLE_SHAPE',
      `${file}: expected inputs of ${wanted.join('×')}, got ${shape.join('×')}`,
      {
        hint: 'Store the inputs behind each other in one array: [count, …one input].',
      },
    );
  }
  const untold = [reading.scale, reading.mean, reading.std].every((given) => given === undefined);
  if (data instanceof Uint8Array && !isWhole(type) && untold) reading.onPixels?.(file);
  return Array.from({ length: count }, (_, i) => {
    const values = data.subarray(i * size, (i + 1) * size);
    return values instanceof Uint8Array
      ? preprocessBytes(values, wanted, preprocessingFor(type, reading))
      : Float32Array.from(values);
  });
}

/** Bytes of an input of integers are what they are. */
function preprocessingFor(type: string | undefined, preprocessing: Preprocessing): Preprocessing {
  return isWhole(type) ? { ...preprocessing, scale: preprocessing.scale ?? 1 } : preprocessing;
}

/** Whether an input of this element type holds integers. */
function isWhole(type: string | undefined): boolean {
  return type !== undefined && !/float/.test(type);
}

/**
 * The values, if they are what an input of integers can be.
 * @throws BadInputError SAMPLE_VALUE
 */
function expectWhole(values: Float32Array, type: string | undefined, file: string): Float32Array {
  if (!isWhole(type)) return values;
  const strange = values.find((value) => !Number.isInteger(value) || Math.abs(value) > EXACT);
  if (strange === undefined) return values;
  throw new BadInputError('SAMPLE_VALUE', `${file}: expected ${type} values up to 2^24, got ${strange}`, {
    hint: 'The model reads integers: give them as they are, without --scale, --mean or --std that make fractions.',
  });
}

async function readFileOfSamples(
  file: string,
  wanted: Wanted,
  reading: Reading,
): Promise<readonly Float32Array[]> {
  const bytes = await readFile(file);
  const { shape, type } = wanted;
  const whole = (values: Float32Array): Float32Array => expectWhole(values, type, file);
  if (IMAGE.test(file)) return [whole(readImage(bytes, shape, preprocessingFor(type, reading)))];
  if (NPY.test(file)) return cut(readNpy(bytes), wanted, file, reading).map(whole);
  throw new BadInputError('SAMPLE_FORMAT', `${file}: expected .png, .jpg, .npy or .npy.gz`);
}

/**
 * Inputs for a model, each of the given shape and row-major: from one file (`.png`, `.jpg`; `.npy` or `.npy.gz` with
 * one input or many) or from all such files of a folder in the order of their names, `labels.npy` excepted.
 *
 * Throws BadInputError: SAMPLE_FORMAT, SAMPLE_SHAPE, SAMPLE_VALUE, and what {@link readImage} and {@link readNpy} refuse.
 */
export async function readSamples(
  place: string,
  shape: readonly number[],
  { type, ...reading }: Reading & Pick<SampleInput, 'type'> = {},
): Promise<readonly Float32Array[]> {
  const wanted = { shape, type };
  if (!(await stat(place)).isDirectory()) return readFileOfSamples(place, wanted, reading);
  const names = (await readdir(place))
    .filter((name) => IMAGE.test(name) || (NPY.test(name) && name !== LABELS))
    .toSorted();
  if (names.length === 0) {
    throw new BadInputError(
      'SAMPLE_FORMAT',
      `${place}: expected .png, .jpg, .npy or .npy.gz files, found none`,
    );
  }
  const samples: Float32Array[] = [];
  for (const name of names)
    samples.push(...(await readFileOfSamples(path.join(place, name), wanted, reading)));
  return samples;
}

/** What one run of a model reads: the values of each of its inputs. */
export type Sample = readonly Float32Array[];

/** An input of a model. */
export interface SampleInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its element type: of integers, samples are integers, and bytes what they are. Left out: reals. */
  readonly type?: string;
}

type Wanted = Omit<SampleInput, 'name'>;

/**
 * Samples for a model: of one with a single input as {@link readSamples} reads them; else `place` is a folder
 * with a folder, `.npy` or `.npy.gz` for each input, called as {@link inputFileName} says, all with as many
 * inputs in the same order.
 *
 * Throws BadInputError: SAMPLE_INPUTS, and what {@link readSamples} refuses.
 */
export async function readSampleSets(
  place: string,
  inputs: readonly SampleInput[],
  reading: Reading = {},
): Promise<readonly Sample[]> {
  const [only] = inputs;
  if (inputs.length === 1) {
    const samples = await readSamples(place, only.shape, { ...reading, type: only.type });
    return samples.map((values) => [values]);
  }
  const names = await readdir(place);
  const sets: (readonly Float32Array[])[] = [];
  for (const { name, shape, type } of inputs) {
    const wanted = inputFileName(name);
    const found = ['', '.npy', '.npy.gz', '.png', '.jpg']
      .map((end) => wanted + end)
      .find((file) => names.includes(file));
    if (found === undefined) {
      throw new BadInputError(
        'SAMPLE_INPUTS',
        `${place}: expected ${wanted}.npy for input ${name}, found none`,
        {
          hint: `The model has the inputs ${inputs.map((input) => inputFileName(input.name)).join(', ')}: a file or folder each.`,
        },
      );
    }
    sets.push(await readSamples(path.join(place, found), shape, { ...reading, type }));
  }
  const counts = sets.map(({ length }) => length);
  if (new Set(counts).size !== 1) {
    throw new BadInputError(
      'SAMPLE_INPUTS',
      `${place}: expected as many of each input, got ${counts.join(', ')}`,
    );
  }
  return sets[0].map((_, i) => sets.map((set) => set[i]));
}

/** What an input is called as a file: what no file may be called becomes `_`. */
export function inputFileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}

/** The file in a folder of samples, or beside one, that says what each of them is. */
const LABELS = 'labels.npy';

/** The labels that lie with samples; undefined where none do. */
export async function labelsBeside(place: string): Promise<string | undefined> {
  const folder = (await stat(place)).isDirectory() ? place : path.dirname(place);
  return (await readdir(folder)).includes(LABELS) ? path.join(folder, LABELS) : undefined;
}

/** Inputs whose right class is known. */
export interface LabelledSamples {
  readonly inputs: readonly Float32Array[];
  readonly labels: Uint8Array;
}

/** Inputs of a folder with the classes that its `labels.npy` (uint8, one an input) gives them. */
export async function readLabelledSamples(
  folder: string,
  shape: readonly number[],
): Promise<LabelledSamples> {
  const inputs = await readSamples(folder, shape);
  const { data } = readNpy(await readFile(path.join(folder, LABELS)));
  if (!(data instanceof Uint8Array) || data.length !== inputs.length) {
    throw new BadInputError(
      'SAMPLE_LABELS',
      `${folder}: expected ${inputs.length} uint8 labels, got ${data.length}`,
    );
  }
  return { inputs, labels: data };
}
