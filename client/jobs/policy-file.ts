import { z } from 'zod';
import { readBounded } from '../../protocol/files/read-bounded.ts';
import { decodeJson } from '../../protocol/json.ts';
import { ClientError } from '../errors.ts';

/** Largest file that is read: 16 MiB. */
const MAX_BYTES = 1 << 24;

const policyFileSchema = z.object({
  policy: z.object({
    required: z.array(z.number().int().min(0).max(255)).min(1).max(256),
    audits: z.number().int().min(0).max(256),
  }),
});

/**
 * What `sliceproof model plan --policy … --json` wrote: which slices to have proved, and how many to have drawn.
 * @throws ClientError POLICY_FILE
 */
export async function readPolicyFile(
  file: string,
): Promise<{ readonly required: readonly number[]; readonly audits: number }> {
  const refuse = (reason: string, cause?: unknown): ClientError =>
    new ClientError('POLICY_FILE', `${file} is no policy: ${reason}`, {
      hint: 'Write one with `sliceproof model plan <model> --policy … --json`.',
      cause,
    });
  const bytes = await readBounded(file, MAX_BYTES).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  return decodeJson(bytes, { schema: policyFileSchema, maxBytes: MAX_BYTES, refuse }).policy;
}
