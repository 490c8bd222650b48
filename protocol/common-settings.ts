import { z } from 'zod';

/** Where the market is; spread into the schema of every service and of the requester's commands. */
export const marketSettings = {
  rpc: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((list) => [list].flat().join(','))
    .refine(
      (list) => list.split(',').every((url) => /^https?:\/\//.test(url.trim()) && URL.canParse(url.trim())),
      'expected addresses that start with http:// or https://: a list in a file, else with commas between',
    )
    .default('http://127.0.0.1:8545')
    .meta({ secret: true })
    .describe('JSON-RPC addresses of the chain, the preferred first; they may carry keys'),
  rpcRate: z
    .number()
    .min(0.1)
    .max(100_000)
    .optional()
    .meta({ unit: 'calls a second' })
    .describe('each RPC address is asked no faster; left out: as fast as it bears'),
  deployment: z
    .string()
    .default('.sliceproof/deployment.json')
    .describe('file that says where the contracts are'),
};

/** An amount: a whole number, in text when it is too large for TOML. */
export const amountSetting = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d{1,40}$/, 'expected a whole number')])
  .transform((value) => BigInt(value));

/** What transactions may cost; spread into the schemas of those who send. */
export const gasSettings = {
  maxGasPrice: amountSetting
    .optional()
    .meta({ unit: 'wei' })
    .describe(
      'the most that a transaction ever offers for a unit of gas, replacements included; while gas costs more nothing is begun',
    ),
};

/** Where artifacts are; spread into the schemas of those who fetch and put them. */
export const storeSettings = {
  store: z
    .array(z.string())
    .min(1)
    .default(['http://127.0.0.1:8600'])
    .describe('artifact stores, URLs, s3://bucket/prefix or folders, asked in turn; the first is written to'),
  storeToken: z.string().optional().meta({ secret: true }).describe('bearer token for writing to the store'),
};

/** Where a service keeps its database: a folder, or a PostgreSQL server instead of it. */
export function databaseSettings({ folder, env }: { readonly folder: string; readonly env?: string }) {
  const answers = 'where the database is';
  return {
    dataDir: z.string().default(folder).meta({ answers }).describe('folder of the embedded database'),
    databaseUrl: z
      .string()
      .optional()
      .meta({ answers, secret: true, ...(env === undefined ? {} : { env }) })
      .describe('PostgreSQL to use instead of the embedded database'),
  };
}

/** Where a server listens. */
export function listenSettings(port: number) {
  return {
    host: z.string().default('127.0.0.1').describe('address to listen on'),
    port: z.int().min(0).max(65_535).default(port).describe('port to listen on; 0 takes a free one'),
  };
}

/** How much a process says: services `info`, commands, which say at their end what went wrong, `error`. */
export function logLevelSetting(level: 'info' | 'error') {
  return z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default(level)
    .describe('least level of the log on standard error');
}
