import { z } from 'zod';
import {
  databaseSettings,
  listenSettings,
  logLevelSetting,
  marketSettings,
} from '../protocol/common-settings.ts';

const count = z.int().positive();

/** What a process does of an indexer's work. */
export const ROLES = ['both', 'writer', 'reader'] as const;

/** Everything that can be set about the indexer. */
export const indexerSettings = z.object({
  role: z
    .enum(ROLES)
    .default('both')
    .describe(
      'writer: follows the chain into the database; reader: serves what is there, and any number of them can; both does both. Other than both needs a PostgreSQL',
    ),
  ...marketSettings,
  ...databaseSettings({ folder: '.sliceproof/indexer', env: 'DATABASE_URL' }),
  ...listenSettings(8800),
  store: z
    .array(z.string())
    .default([])
    .describe(
      'artifact stores, URLs, s3://bucket/prefix or folders, asked in turn for what models are called and for public inputs; none: only what is on chain is told',
    ),
  finality: z
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('How deep a reorganisation can be undone; a deeper one is indexed from the start')
    .meta({ unit: 'blocks' }),
  pollMilliseconds: count
    .max(60_000)
    .optional()
    .describe("How often to look at the chain's head; left out: with its blocks")
    .meta({ unit: 'milliseconds' }),
  maxRange: count
    .max(100_000)
    .default(2000)
    .describe('Most blocks asked for at once; fewer when the RPC refuses')
    .meta({ unit: 'blocks' }),
  maxDepth: count.default(10).describe('How deep a GraphQL request may be nested'),
  maxTokens: count.default(2000).describe('How many tokens a GraphQL request may have'),
  maxAliases: count.default(30).describe('How many aliases a GraphQL request may have'),
  maxCost: count.default(20_000).describe('Largest weighted number of fields of a GraphQL request'),
  maxRows: count.default(50_000).describe('How many rows a GraphQL request may ask for'),
  maxSockets: count.default(1000).describe('How many WebSockets may be open at a time'),
  maxStreams: count
    .default(1000)
    .describe('How many GraphQL subscriptions may be open over HTTP, as server-sent events, at a time'),
  maxSubscriptions: count
    .default(20)
    .describe('How many GraphQL requests may run on one WebSocket at a time'),
  maxSeconds: count
    .max(3600)
    .default(10)
    .describe('How long a GraphQL request may take; then its statements end in the database too')
    .meta({ unit: 'seconds' }),
  logLevel: logLevelSetting('info'),
});

export type IndexerSettings = z.infer<typeof indexerSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const indexerService = { schema: indexerSettings, service: 'indexer' } as const;
