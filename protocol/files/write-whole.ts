import { randomUUID } from 'node:crypto';
import {
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import { joinedBytes } from '../body.ts';
import { notWritten } from './errors.ts';
import { unfinished } from './unfinished.ts';

/** Files that are being written end with this and a random name; what a crash left of them is swept away. */
const ASIDE = '.aside-';

export interface WriteOptions {
  /** Access rights of the file. Default: of this user alone, 0o600. */
  readonly mode?: number;
}

/**
 * Writes a file whole or not at all, and durably: beside its place, flushed, moved there, the folder flushed too. When
 * this returns, neither a crash nor a power cut loses it; when it throws, what was there before is there still.
 * @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN (both retryable)
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const draft = await openDraft(file, options);
  try {
    await draft.write(typeof content === 'string' ? Buffer.from(content) : content);
    await draft.keep();
  } finally {
    await draft.discard();
  }
}

/** A file that comes in pieces; it is nowhere to be seen until it is kept. */
export interface Draft {
  /** @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN */
  write(piece: Uint8Array): Promise<void>;
  /** Puts it in its place, durably. @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN */
  keep(): Promise<void>;
  /** Deletes what was written, unless it was kept. */
  discard(): Promise<void>;
}

/**
 * Begins a file that {@link Draft.keep} will put at `file`, whose folder is made if there is none. Where a link leads
 * elsewhere the file is put there; a pipe or a device (`/dev/stdout`) is no place to put one, and is written to.
 * @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN
 */
export async function openDraft(file: string, options: WriteOptions = {}): Promise<Draft> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return draftOf(file, options);
  return found.isFile() ? draftOf(await realpath(file), options) : streamTo(file);
}

/** What is written is kept until all of it is there, as it would be of a file. */
function streamTo(file: string): Draft {
  const pieces: Uint8Array[] = [];
  return {
    write: (piece) => Promise.resolve(void pieces.push(piece)),
    keep: () =>
      writeFile(file, joinedBytes(pieces)).catch((cause: unknown) => {
        throw notWritten(file, cause);
      }),
    discard: () => Promise.resolve(),
  };
}

async function draftOf(file: string, { mode = 0o600 }: WriteOptions): Promise<Draft> {
  const aside = `${file}${ASIDE}${randomUUID()}`;
  const finished = unfinished(aside);
  const naming = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw notWritten(file, cause);
    }
  };
  let handle: FileHandle | undefined = await naming(async () => {
    await mkdir(path.dirname(file), { recursive: true });
    return open(aside, 'wx', mode);
  });
  let kept = false;
  const close = async (): Promise<void> => {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  };
  return {
    write: (piece) => naming(async () => void (await handle?.appendFile(piece))),
    keep: () =>
      naming(async () => {
        await handle?.sync();
        await close();
        await rename(aside, file);
        kept = true;
        finished();
        await flushFolder(path.dirname(file));
      }),
    async discard() {
      await close().catch(() => undefined);
      if (!kept) await rm(aside, { force: true });
      finished();
    },
  };
}

/** A name in a folder outlives a power cut only when the folder itself was flushed. */
async function flushFolder(folder: string): Promise<void> {
  // Windows opens no folders, and flushes their entries itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Deletes what writers that died left in a folder, and in the folders in it.
 * @param olderThanMs leaves what may still be written; 0 when nobody else writes here
 */
export async function sweepDrafts(folder: string, olderThanMs = 0): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.includes(ASIDE)) continue;
    const file = path.join(entry.parentPath, entry.name);
    // A file's time is finer than the clock's, and may be another machine's: without an age none is asked.
    const young =
      olderThanMs > 0 && ((await stat(file).catch(() => undefined))?.mtimeMs ?? 0) > Date.now() - olderThanMs;
    if (!young) await rm(file, { force: true });
  }
}
