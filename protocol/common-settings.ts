import { z } from 'zod';

/** Where the market is; spread into the schema of every service and of the requester's commands. */
export const marketSettings = {
  rpc: z
    .url({ protocol: /^https?$/ })
    .default('http://127.0.0.1:8545')
    .meta({ secret: true })
    .describe('JSON-RPC address of the chain; it may carry a key'),
  deployment: z
    .string()
    .default('.sliceproof/deployment.json')
    .describe('file that says where the contracts are'),
};

/** Where artifacts are; spread into the schemas of those who fetch and put them. */
export const storeSettings = {
  store: z
    .array(z.string())
    .min(1)
    .default(['http://127.0.0.1:8600'])
    .describe('artifact stores, URLs or folders, asked in turn; the first is written to'),
  storeToken: z.string().optional().meta({ secret: true }).describe('bearer token for writing to the store'),
};

/** How much a process says: services `info`, commands `warn`. */
export function logLevelSetting(level: 'info' | 'warn') {
  return z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default(level)
    .describe('least level of the log on standard error');
}
