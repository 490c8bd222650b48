import { z } from 'zod';
import { amountOfText } from './contracts/ledger-units.ts';

const AMOUNT = /^\d{1,30}(\.\d{1,18})?$/;

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

/** An amount of the chain's own coin: a whole number of wei, in text when it is too large for TOML. */
export const weiSetting = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d{1,40}$/, 'expected a whole number')])
  .transform((value) => BigInt(value));

/**
 * An amount of the market's asset as people write it, `0.25`, in text when it is too long for TOML; here in what the market counts
 * in, 10^-18 of the asset whatever decimals it has.
 */
export const amountSetting = z
  .union([z.number().nonnegative(), z.string()])
  .transform(String)
  .refine(
    (text) => AMOUNT.test(text),
    'expected an amount of the asset with at most 18 places, in text where it is very small or large: "0.0000001"',
  )
  .transform(amountOfText)
  .meta({ amount: true });

/** What transactions may cost; spread into the schemas of those who send. */
export const gasSettings = {
  maxGasPrice: weiSetting
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
