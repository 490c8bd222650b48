import { stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { ProveError } from './errors.ts';

/** Names for proving keys, equal for what is the same key: what keeps one knows by its name that it has it. */
export interface KeyIds {
  /** @throws ProveError PROVE_KEY_UNREADABLE */
  of(key: Uint8Array | string): Promise<string>;
}

/** Bytes are known by their array, files by their name, size and time: one that was replaced is another key. */
export function createKeyIds(): KeyIds {
  const known = new WeakMap<Uint8Array, string>();
  let counter = 0;
  return {
    async of(key) {
      if (typeof key === 'string') return fileId(key);
      const id = known.get(key) ?? `bytes:${counter++}`;
      known.set(key, id);
      return id;
    },
  };
}

async function fileId(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `file:${resolvePath(path)}:${size}:${mtimeMs}`;
  } catch (cause) {
    throw new ProveError('PROVE_KEY_UNREADABLE', `could not read the proving key ${path}: ${String(cause)}`, {
      cause,
    });
  }
}
