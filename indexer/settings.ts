import { z } from 'zod';
import { logLevelSetting, marketSettings } from '../protocol/common-settings.ts';
import { DEFAULT_LIMITS } from './graphql/limits.ts';

const count = z.int().positive();

/** Everything that can be set about the indexer. */
export const indexerSettings = z.object({
  ...marketSettings,
  dataDir: z.string().default('.sliceproof/indexer').describe('Folder of the embedded database'),
  databaseUrl: z
    .string()
    .optional()
    .describe('PostgreSQL to use instead of the embedded database')
    .meta({ secret: true, env: 'DATABASE_URL' }),
  host: z.string().default('127.0.0.1').describe('Address to listen on'),
  port: z.int().min(0).max(65_535).default(8800).describe('Port to listen on; 0 takes a free one'),
  finality: z
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('How deep a reorganisation can be undone; a deeper one is indexed from the start')
    .meta({ unit: 'blocks' }),
  pollMilliseconds: count
    .max(60_000)
    .default(500)
    .describe("How often to look at the chain's head")
    .meta({ unit: 'milliseconds' }),
  maxRange: count
    .max(100_000)
    .default(2000)
    .describe('Most blocks asked for at once; fewer when the RPC refuses')
    .meta({ unit: 'blocks' }),
  maxDepth: count.default(DEFAULT_LIMITS.depth).describe('How deep a GraphQL request may be nested'),
  maxTokens: count.default(DEFAULT_LIMITS.tokens).describe('How many tokens a GraphQL request may have'),
  maxAliases: count.default(DEFAULT_LIMITS.aliases).describe('How many aliases a GraphQL request may have'),
  maxCost: count
    .default(DEFAULT_LIMITS.cost)
    .describe('Largest weighted number of fields of a GraphQL request'),
  maxRows: count.default(DEFAULT_LIMITS.rows).describe('How many rows a GraphQL request may ask for'),
  logLevel: logLevelSetting('info'),
});

export type IndexerSettings = z.infer<typeof indexerSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const indexerService = { schema: indexerSettings, service: 'indexer' } as const;
