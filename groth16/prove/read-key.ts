import { readFile } from 'node:fs/promises';
import { ProveError } from './errors.ts';

/** Frees the memory of bytes that {@link readKey} gave: outside V8's heap, its collector is in no hurry for them. */
export function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength) (buffer as Transferable).transfer?.(0);
}

/** An ArrayBuffer as of Node 21. */
interface Transferable {
  transfer?(length: number): ArrayBuffer;
}

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
