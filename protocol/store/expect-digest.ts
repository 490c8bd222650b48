import { artifactOf } from './digest.ts';
import { StoreError } from './store.ts';

/**
 * The bytes, if their sha-256 is the one that was asked for.
 * @param where the file or URL that gave them, for the message
 * @throws StoreError STORE_WRONG_BYTES
 */
export function expectDigest(bytes: Uint8Array, sha256: string, where: string): Uint8Array {
  const came = artifactOf(bytes).sha256;
  if (came === sha256) return bytes;
  throw new StoreError('STORE_WRONG_BYTES', `expected bytes with sha-256 ${sha256}, ${where} gave ${came}`, {
    hint: 'The store is damaged or lies. Ask another one.',
    details: { expected: sha256, came, where },
  });
}
