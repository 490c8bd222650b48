import { z } from 'zod';
import { listenSettings, logLevelSetting, marketSettings } from '../common-settings.ts';

const GIB = 2 ** 30;
const bytes = z.number().int().positive();
/** Scheme, host and port, as browsers write them. */
const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:\d+)?$/;
const hours = z.number().nonnegative();

/** Everything that can be set about a store that is served. */
const storeServiceSettings = z.object({
  folder: z.string().default('.sliceproof/store').describe('where the artifacts are kept'),
  ...listenSettings(8600),
  ...marketSettings,
  publicUrl: z
    .array(z.url({ protocol: /^https?$/ }))
    .default([])
    .describe('addresses under which clients know the store, besides where it listens'),
  allowOrigins: z
    .array(
      z.union([z.literal('*'), z.string().regex(ORIGIN, 'expected * or an origin, https://example.org')]),
    )
    .default([])
    .describe('web pages that may ask, by their origin; * for those of any'),
  tokenEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable')
    .optional()
    .describe('environment variable with a token that PUT needs besides its signature'),
  access: z
    .enum(['signed', 'open'])
    .default('signed')
    .describe('signed: by accounts, with quotas; open: everybody puts and fetches everything'),
  uploaders: z
    .array(z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address'))
    .default([])
    .describe('accounts that may put; none named: any, within its quota'),
  maxUploadBytes: bytes
    .default(GIB / 2)
    .meta({ unit: 'bytes' })
    .describe('largest artifact taken'),
  accountQuota: bytes
    .default(8 * GIB)
    .meta({ unit: 'bytes' })
    .describe('room of one account'),
  totalQuota: bytes
    .default(64 * GIB)
    .meta({ unit: 'bytes' })
    .describe('room of all accounts together'),
  strangersQuota: bytes
    .default(16 * GIB)
    .meta({ unit: 'bytes' })
    .describe('room of all accounts together that hold nothing in the market'),
  unclaimedHours: hours
    .default(24)
    .meta({ unit: 'hours' })
    .describe('how long artifacts are kept that no job and no model names'),
  endedHours: hours
    .default(720)
    .meta({ unit: 'hours' })
    .describe('how long inputs and traces are kept after their job’s end'),
  keepModels: z.boolean().default(true).describe('artifacts of registered models stay, however old'),
  maxConnections: z.number().int().min(1).default(512).describe('connections at once'),
  maxConnectionsPerAddress: z
    .number()
    .int()
    .min(1)
    .default(64)
    .describe('connections at once from one network address; behind a proxy all are the proxy’s'),
  leastBytesPerSecond: z
    .number()
    .int()
    .min(0)
    .default(1024)
    .describe('bodies that come or go more slowly, on the average of ten seconds, are given up'),
  pollSeconds: z
    .number()
    .min(0.05)
    .max(600)
    .optional()
    .meta({ unit: 'seconds' })
    .describe('time between looks at the chain; left out: with its blocks'),
  logLevel: logLevelSetting('info'),
});

export type StoreSettings = z.infer<typeof storeServiceSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const storeService = { schema: storeServiceSettings, service: 'store' } as const;
