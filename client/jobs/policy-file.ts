import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ClientError } from '../errors.ts';

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
  try {
    return policyFileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).policy;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ClientError('POLICY_FILE', `${file} is no policy: ${reason}`, {
      hint: 'Write one with `sliceproof model plan <model> --policy … --json`.',
      cause,
    });
  }
}
