import { readFile } from 'node:fs/promises';
import { ProveError } from './errors.ts';

/** The bytes of a proving key's file. @throws ProveError PROVE_KEY_UNREADABLE */
export async function readKey(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ProveError('PROVE_KEY_UNREADABLE', `could not read the proving key ${file}: ${String(cause)}`, {
      cause,
    });
  }
}
