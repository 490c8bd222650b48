import { SliceproofError } from '../errors.ts';

/** What goes wrong with files that a service keeps. Codes: `FILE_*`. */
export class FileError extends SliceproofError {}

/** Codes of a disk, or of a user's share of it, that has no room. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Whether it failed for want of room on the disk. */
function isDiskFull(error: unknown): boolean {
  return FULL.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** The name of a failure to write; what was there before is there still. */
export function notWritten(file: string, cause: unknown): FileError {
  const full = isDiskFull(cause);
  return new FileError(
    full ? 'FILE_DISK_FULL' : 'FILE_NOT_WRITTEN',
    full ? `no room on the disk for ${file}` : `could not write ${file}: ${(cause as Error).message}`,
    {
      retryable: true,
      hint: full
        ? 'Free some space: it goes on by itself. Nothing half-written was left.'
        : 'Check that this user may write there.',
      details: { file },
      cause,
    },
  );
}
