import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { unfinished } from '../../protocol/files/unfinished.ts';
import { decodeManifest, type Manifest, type ManifestSlice } from '../../protocol/manifest.ts';
import { BuildError } from './errors.ts';

/** A built model's folder: the manifest, the float model, and a folder of files for each slice. */
export const MANIFEST_FILE = 'manifest.json';
export const SOURCE_FILE = 'model.onnx';
/** What other bits would have cost and given, where bits were searched for. */
export const TRADEOFF_FILE = 'tradeoff.json';
export const TRADEOFF_PICTURE = 'tradeoff.svg';

const SLICE_FILES: Readonly<Record<keyof ManifestSlice['artifacts'], string>> = {
  onnx: 'slice.onnx',
  program: 'program.json',
  r1cs: 'circuit.r1cs',
  provingKey: 'proving.zkey',
  verifyingKey: 'verifying.json',
};

/** Where a slice's file is. */
export function sliceFile(folder: string, slice: number, kind: keyof ManifestSlice['artifacts']): string {
  return path.join(folder, 'slices', String(slice), SLICE_FILES[kind]);
}

/**
 * The manifest of a built model.
 * @throws BuildError BUILD_FILE: nothing there; BadInputError MANIFEST_MALFORMED
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readFile(path.join(folder, MANIFEST_FILE)).catch((cause: Error) => {
    throw new BuildError('BUILD_FILE', `${folder} is no built model: ${cause.message}`, {
      hint: 'Name the folder that `sliceproof model build` wrote.',
      cause,
    });
  });
  return decodeManifest(bytes);
}

/**
 * Whether a build may be put there, before there is work that would be lost.
 * @throws BuildError BUILD_FOLDER: `target` holds something that no build made; what the system says of a place that can't be
 * written to
 */
export async function expectPlace(target: string): Promise<void> {
  const { remove } = await stagingFolder(target);
  await remove();
}

/** A folder that a build is made in. */
export interface Staging {
  readonly folder: string;
  /** Deletes it, unless it was put in its place. */
  readonly remove: () => Promise<void>;
}

/**
 * An empty folder beside `target`, to be put in its place by {@link replaceFolder} once the build is whole.
 * @throws as {@link expectPlace}
 */
export async function stagingFolder(target: string): Promise<Staging> {
  if (existsSync(target)) {
    const found = await readdir(target).catch(() => ['a file']);
    if (found.length > 0 && !found.includes(MANIFEST_FILE)) {
      throw new BuildError(
        'BUILD_FOLDER',
        `${target} holds ${found[0]} and is no built model: it is left alone`,
        {
          hint: 'Name a new or empty folder, or that of an earlier build.',
        },
      );
    }
  }
  await mkdir(path.dirname(path.resolve(target)), { recursive: true });
  const folder = await mkdtemp(`${path.resolve(target)}.building-`);
  const finished = unfinished(folder);
  return {
    folder,
    async remove() {
      await rm(folder, { recursive: true, force: true });
      finished();
    },
  };
}

/** Puts a finished build in the place of whatever build was there. */
export async function replaceFolder(staging: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await rename(staging, target);
}
