import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unfinished } from '../../../protocol/files/unfinished.ts';
import { decodeTranscript, encodeTranscript, type CeremonyTranscript } from './transcript.ts';
import { CeremonyError } from './errors.ts';

/** The transcript so far; a built model keeps that of the ceremony that its keys are from under the same name. */
export const TRANSCRIPT_FILE = 'ceremony.json';

// A ceremony's folder, which goes from hand to hand:
//
//   ceremony.json            the transcript so far
//   circuits/<slice>.r1cs    what the keys are for
//   round-<n>/<slice>.zkey   the keys after n rounds; only the latest round is kept
//
// A round's files appear one by one; it counts once the transcript names it.

/** Where a slice's circuit is. */
export function circuitFile(folder: string, slice: number): string {
  return path.join(folder, 'circuits', `${slice}.r1cs`);
}

/** Where the keys after `round` rounds are. */
export function roundFolder(folder: string, round: number): string {
  return path.join(folder, `round-${round}`);
}

/** Where a slice's key after `round` rounds is. */
export function keyFile(folder: string, round: number, slice: number): string {
  return path.join(roundFolder(folder, round), `${slice}.zkey`);
}

/** @throws CeremonyError CEREMONY_FOLDER: nothing there; BadInputError CEREMONY_TRANSCRIPT */
export async function readTranscript(folder: string): Promise<CeremonyTranscript> {
  const file = path.join(folder, TRANSCRIPT_FILE);
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new CeremonyError('CEREMONY_FOLDER', `${folder} is no ceremony: ${cause.message}`, {
      hint: 'Start one with `sliceproof setup init`, or name the folder that holds its ceremony.json.',
      cause,
    });
  });
  return decodeTranscript(bytes);
}

/** Puts the transcript in the place of the earlier one, whole. */
export async function writeTranscript(folder: string, transcript: CeremonyTranscript): Promise<void> {
  await writeWhole(path.join(folder, TRANSCRIPT_FILE), (file) =>
    writeFile(file, encodeTranscript(transcript)),
  );
}

/** Has `write` write a file beside `target` and puts it in its place when it is whole. */
export async function writeWhole<T>(target: string, write: (file: string) => Promise<T>): Promise<T> {
  await mkdir(path.dirname(target), { recursive: true });
  const file = `${target}.${randomBytes(6).toString('hex')}.part`;
  const finished = unfinished(file);
  try {
    const result = await write(file);
    await rename(file, target);
    return result;
  } finally {
    await rm(file, { force: true });
    finished();
  }
}

/** Removes the keys of all rounds but this one. */
export async function removeOtherRounds(folder: string, round: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('round-') && name !== path.basename(roundFolder(folder, round))) {
      await rm(path.join(folder, name), { recursive: true });
    }
  }
}

/** @throws CeremonyError CEREMONY_FOLDER when something is there already */
export async function expectFree(folder: string): Promise<void> {
  if (!existsSync(folder) || (await readdir(folder).catch(() => ['a file'])).length === 0) return;
  throw new CeremonyError('CEREMONY_FOLDER', `${folder} is not empty: a ceremony needs a folder of its own`, {
    hint: 'Name a new folder. A ceremony that is under way goes on with `sliceproof setup contribute`.',
  });
}
