import { readFile, writeFile } from 'node:fs/promises';
import { Groth16Error } from '../errors.ts';

/** A file in memory, as snarkjs takes and makes them. */
export interface MemoryFile {
  type: 'mem';
  data?: Uint8Array;
}

/** A file to read: its path, or what is in it. */
export type FileToRead = string | Uint8Array | MemoryFile;

/** A file to write: its path, or one in memory, whose `data` is set. */
export type FileToWrite = string | MemoryFile;

/** The path, or the bytes. @throws Groth16Error FILE_WITHOUT_DATA */
export function placeOf(file: FileToRead): string | Uint8Array {
  if (typeof file === 'string' || file instanceof Uint8Array) return file;
  if (file.data instanceof Uint8Array) return file.data;
  throw new Groth16Error(
    'FILE_WITHOUT_DATA',
    'expected a path, a Uint8Array or { type: "mem", data }, got a file in memory that has no data',
  );
}

/** @throws Groth16Error FILE_WITHOUT_DATA, FILE_UNREADABLE */
export async function readBytes(file: FileToRead): Promise<Uint8Array> {
  const place = placeOf(file);
  if (typeof place !== 'string') return place;
  try {
    return await readFile(place);
  } catch (cause) {
    throw new Groth16Error('FILE_UNREADABLE', `could not read ${place}: ${String(cause)}`, { cause });
  }
}

export async function writeBytes(file: FileToWrite, bytes: Uint8Array): Promise<void> {
  if (typeof file === 'string') await writeFile(file, bytes);
  else file.data = bytes;
}
