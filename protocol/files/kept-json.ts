import { createHash } from 'node:crypto';
import { link, readFile, rename, unlink } from 'node:fs/promises';
import { z } from 'zod';
import { decodeJson } from '../json.ts';
import type { Log } from '../log.ts';
import { FileError } from './errors.ts';
import { writeWhole } from './write-whole.ts';

/** What a service keeps is small; more isn't its own. */
const MAX_BYTES = 64 * 2 ** 20;

/** Failures to read that say nothing about the file: this process or machine is short of something. */
const SHORT_OF = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EINTR', 'EAGAIN']);

/**
 * Keeps a value as JSON, with the checksum of the rest in its field `checksum`.
 * @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN: what was kept before is kept still
 */
export function writeKept(file: string, value: object): Promise<void> {
  return writeWhole(file, JSON.stringify({ ...value, checksum: checksumOf(value) }));
}

/** Who reads: the service that the file belongs to puts a broken one aside, others leave it alone. */
export type Reader = { readonly owner: true; readonly log: Log } | { readonly owner: false };

/**
 * What was kept in a file; undefined when there is none, or nothing that can be used: truncated, damaged, or not of this
 * program's making. Such a file is put aside as `….broken`, with a word in the log, so that its owner goes on without it.
 * @throws FileError FILE_UNREADABLE (retryable) when the machine is short of memory or file handles
 */
export async function readKept<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  reader: Reader,
): Promise<z.infer<Schema> | undefined> {
  try {
    const bytes = await readFile(file);
    return decodeKept(bytes, schema);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (SHORT_OF.has(code)) {
      throw new FileError('FILE_UNREADABLE', `could not read ${file}: ${message}`, {
        retryable: true,
        cause: error,
      });
    }
    if (reader.owner) await setAside(file, message, reader.log);
    return undefined;
  }
}

/** @throws FileError FILE_BROKEN */
function decodeKept<Schema extends z.ZodType>(bytes: Buffer, schema: Schema): z.infer<Schema> {
  const broken = (why: string, cause?: unknown): FileError => new FileError('FILE_BROKEN', why, { cause });
  const value = decodeJson(bytes, { schema: z.unknown(), maxBytes: MAX_BYTES, refuse: broken });
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw broken(`expected another content: ${z.prettifyError(parsed.error)}`);
  const { checksum, ...rest } = value as { checksum?: unknown };
  // Files of before there were checksums have none.
  if (checksum !== undefined && checksum !== checksumOf(rest)) throw broken('its checksum is another one');
  return parsed.data;
}

function checksumOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Moves a file or folder that can't be used out of the way, to the first free name of `….broken`, `….broken.2`, … */
export async function setAside(place: string, reason: string, log: Log): Promise<void> {
  for (let number = 1; ; number++) {
    const aside = `${place}.broken${number === 1 ? '' : `.${number}`}`;
    try {
      await moveToFree(place, aside);
      return log.warn({ file: place, aside, reason }, 'broken file set aside');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ENOTDIR') continue;
      // Where it can't be moved it is left, and passed over again at the next start.
      return log.warn({ file: place, reason, moving: (error as Error).message }, 'broken file passed over');
    }
  }
}

/** A rename would take the place of an earlier broken file; a link doesn't. Folders have none, and replace only empty ones. */
async function moveToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EISDIR' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    return rename(from, to);
  }
  await unlink(from);
}
