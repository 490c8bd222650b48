import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { FileError } from '../files/errors.ts';
import { writeWhole } from '../files/write-whole.ts';
import { artifactOf, type Artifact } from './digest.ts';
import { DEFAULT_MAX_BYTES, StoreError, type ArtifactStore, type GetOptions } from './store.ts';
import { expectDigest } from './expect-digest.ts';

/**
 * Artifacts as files of a folder, named by their digest, two levels deep. A file appears whole or not at all
 * (written aside, flushed, renamed), so a crash or a full disk leaves no half artifact behind.
 */
export class FolderStore implements ArtifactStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file of an artifact; it exists only if the artifact was put. */
  pathOf(sha256: string): string {
    const hex = sha256.slice(2);
    return path.join(this.folder, hex.slice(0, 2), hex);
  }

  async has(sha256: string): Promise<boolean> {
    return stat(this.pathOf(sha256)).then(
      () => true,
      () => false,
    );
  }

  async get(sha256: string, { maxBytes = DEFAULT_MAX_BYTES, signal }: GetOptions = {}): Promise<Uint8Array> {
    const file = this.pathOf(sha256);
    const found = await stat(file).catch(() => undefined);
    if (!found) throw new StoreError('STORE_NOT_FOUND', `no artifact ${sha256} in ${this.folder}`);
    if (found.size > maxBytes) {
      throw new StoreError(
        'STORE_TOO_LARGE',
        `expected at most ${maxBytes} bytes, ${sha256} has ${found.size}`,
      );
    }
    return expectDigest(await readFile(file, { signal }), sha256, file);
  }

  async put(bytes: Uint8Array): Promise<Artifact> {
    const artifact = artifactOf(bytes);
    const file = this.pathOf(artifact.sha256);
    // An artifact that is already there is left alone, unless its bytes rotted.
    const kept = await this.get(artifact.sha256, { maxBytes: bytes.length }).catch(() => undefined);
    if (kept) return artifact;
    try {
      await writeWhole(file, bytes, { mode: 0o644 });
    } catch (cause) {
      throw notKept(artifact.bytes, this.folder, cause);
    }
    return artifact;
  }
}

/** The store's name for a failure to write. */
export function notKept(bytes: number, folder: string, cause: unknown): StoreError {
  const full = cause instanceof FileError && cause.code === 'FILE_DISK_FULL';
  return new StoreError(
    full ? 'STORE_FULL' : 'STORE_REFUSED',
    `could not keep ${bytes} bytes in ${folder}: ${(cause as Error).message}`,
    {
      cause,
      retryable: true,
      hint: full ? 'Free space on the disk; nothing half-written was left.' : undefined,
    },
  );
}
