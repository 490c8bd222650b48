import { readFile } from 'node:fs/promises';
import { getAddress, isAddress } from 'ethers';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { decodeJson } from '../json.ts';

const addressSchema = z
  .string()
  .refine((text) => isAddress(text), 'expected an address')
  .transform((text) => getAddress(text));

/** Where the contracts are: what `scripts/deploy.ts` writes and every side reads. */
export const deploymentSchema = z.object({
  chainId: z.number().int().positive(),
  /** Block of the first contract: nothing of interest is older. */
  block: z.number().int().nonnegative(),
  addresses: z.object({
    asset: addressSchema,
    circuitRegistry: addressSchema,
    modelRegistry: addressSchema,
    verifier: addressSchema,
    market: addressSchema,
    /** Many of the market's views in one call. */
    lens: addressSchema,
  }),
});

export type Deployment = z.infer<typeof deploymentSchema>;

/** Largest file that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

/** @throws ConfigError DEPLOYMENT_UNREADABLE */
export async function readDeployment(file: string): Promise<Deployment> {
  const refuse = (reason: string, cause?: unknown): ConfigError =>
    new ConfigError('DEPLOYMENT_UNREADABLE', `expected a deployment in ${file}: ${reason}`, {
      cause,
      hint: 'It is the JSON file that scripts/deploy.ts wrote: { chainId, block, addresses }.',
    });
  const bytes = await readFile(file).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  return decodeJson(bytes, { schema: deploymentSchema, maxBytes: MAX_BYTES, refuse });
}
