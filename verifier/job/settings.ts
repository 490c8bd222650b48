import { z } from 'zod';

/** Settings of `job verify`; they are a requester's, from the same table `[client]` of the same file. */
export const verifySettings = z.object({
  rpc: z.url().default('http://127.0.0.1:8545').describe('JSON-RPC address of the chain'),
  deployment: z
    .string()
    .default('.sliceproof/deployment.json')
    .describe('file that says where the contracts are'),
  store: z
    .array(z.string())
    .default(['http://127.0.0.1:8600'])
    .describe('artifact stores, URLs or folders, asked in turn'),
  storeToken: z.string().optional().meta({ secret: true }).describe('not used: nothing is written'),
  privateKey: z.string().optional().meta({ secret: true }).describe('not used: nothing is sent'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('least level of the log on standard error'),
});
