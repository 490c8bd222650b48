import { readFile } from 'node:fs/promises';
import { readImage } from '../../protocol/image.ts';
import type { Whole } from '../../protocol/box.ts';
import { quantiseTensor, type Manifest } from '../../protocol/manifest.ts';
import { readNpy } from '../../protocol/npy.ts';
import { splitWhole, wholeInputs } from '../../protocol/wholes.ts';
import { ClientError } from '../errors.ts';

/** The files of one job, in the order of the model's inputs. */
export interface JobInputs {
  /** What a person calls them together. */
  readonly label: string;
  readonly files: readonly string[];
}

/**
 * Which files make a job: each by itself where the model has one input; else one of each name, `name=file`,
 * the first of every name for the first job, and so on.
 * @throws ClientError INPUT_COUNT, INPUT_NAME
 */
export function jobInputs(manifest: Manifest, given: readonly string[]): readonly JobInputs[] {
  const names = wholeInputs(manifest).map(({ name }) => name);
  const byName = new Map(names.map((name): [string, string[]] => [name, []]));
  const [only] = names;
  for (const text of given) {
    const name = names.find((known) => text.startsWith(`${known}=`));
    if (name !== undefined) byName.get(name)?.push(text.slice(name.length + 1));
    else if (names.length === 1) byName.get(only)?.push(text);
    else {
      throw new ClientError('INPUT_NAME', `expected name=file with one of ${names.join(', ')}, got ${text}`);
    }
  }
  const counts = names.map((name) => byName.get(name)?.length ?? 0);
  if (new Set(counts).size !== 1) {
    const got = names.map((name, i) => `${counts[i]} of ${name}`).join(', ');
    throw new ClientError('INPUT_COUNT', `expected as many files of each input, got ${got}`);
  }
  return Array.from({ length: counts[0] }, (_, job) => {
    const files = names.map((name) => byName.get(name)?.[job] ?? '');
    return { label: files.join(' '), files };
  });
}

/**
 * Reads a job's inputs: the integers of each tensor that they are committed in.
 * @throws ClientError INPUT_UNREADABLE, INPUT_SHAPE; BadInputError of images and arrays
 */
export async function readInputs(
  manifest: Manifest,
  files: readonly string[],
): Promise<readonly Float64Array[]> {
  const pieces = wholeInputs(manifest).map(async (whole, i) => {
    const format = manifest.tensors[whole.pieces[0].tensor];
    return splitWhole(whole, quantiseTensor(format, await readReals(whole, files[i])));
  });
  return (await Promise.all(pieces)).flat();
}

async function readReals({ shape: wanted }: Whole, file: string): Promise<Float32Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ClientError('INPUT_UNREADABLE', `could not read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  });
  if (!/\.npy(\.gz)?$/.test(file)) return readImage(bytes, wanted);
  const { shape, data } = readNpy(bytes);
  if (data.length !== wanted.reduce((product, size) => product * size, 1)) {
    throw new ClientError(
      'INPUT_SHAPE',
      `expected an input of ${wanted.join('×')}, ${file} has ${shape.join('×')}`,
    );
  }
  return data instanceof Uint8Array ? Float32Array.from(data, (byte) => byte / 255) : data;
}
