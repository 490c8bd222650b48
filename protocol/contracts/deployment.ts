import { getAddress, isAddress } from 'ethers';
import { z } from 'zod';

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
    /** An admission contract for jobs: lists of accounts. */
    admissionLists: addressSchema,
    /** Where outputs that don't fit one transaction are shown in parts. */
    outputParts: addressSchema,
  }),
});

export type Deployment = z.infer<typeof deploymentSchema>;
