import { readFile } from 'node:fs/promises';
import { getAddress, isAddress } from 'ethers';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';

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

/** @throws ConfigError DEPLOYMENT_UNREADABLE */
export async function readDeployment(file: string): Promise<Deployment> {
  try {
    return deploymentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ConfigError('DEPLOYMENT_UNREADABLE', `expected a deployment in ${file}: ${reason}`, {
      cause,
      hint: 'It is the JSON file that scripts/deploy.ts wrote: { chainId, block, addresses }.',
    });
  }
}
