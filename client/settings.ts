import { z } from 'zod';

/** Settings of every command that reaches the market as a requester. */
export const clientSettings = z.object({
  rpc: z.url().default('http://127.0.0.1:8545').describe('JSON-RPC address of the chain'),
  deployment: z
    .string()
    .default('.sliceproof/deployment.json')
    .describe('file that says where the contracts are'),
  store: z
    .array(z.string())
    .default(['http://127.0.0.1:8600'])
    .describe('artifact stores, URLs or folders; the first is written to'),
  storeToken: z.string().optional().meta({ secret: true }).describe('bearer token for writing to the store'),
  privateKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
    .optional()
    .meta({ secret: true })
    .describe('private key of the account that acts'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('least level of the log on standard error'),
});
