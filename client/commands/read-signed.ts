import { z } from 'zod';
import { readBounded } from '../../protocol/files/read-bounded.ts';
import { decodeJson } from '../../protocol/json.ts';
import { ClientError } from '../errors.ts';

/** Largest file of signed jobs or bids that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

/**
 * The entries of a file of what accounts signed, each as it is there.
 * @throws ClientError SIGNED_JOBS_UNREADABLE, SIGNED_BIDS_UNREADABLE
 */
export async function readSigned(file: string, what: 'jobs' | 'bids'): Promise<readonly unknown[]> {
  const code = what === 'jobs' ? 'SIGNED_JOBS_UNREADABLE' : 'SIGNED_BIDS_UNREADABLE';
  const refuse = (reason: string, cause?: unknown): ClientError =>
    new ClientError(code, `expected a list of signed ${what} in ${file}: ${reason}`, { cause });
  const bytes = await readBounded(file, MAX_BYTES).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  return decodeJson(bytes, { schema: z.array(z.unknown()).max(256), maxBytes: MAX_BYTES, refuse });
}
