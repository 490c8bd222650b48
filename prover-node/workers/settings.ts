import { z } from 'zod';
import { logLevelSetting, storeSettings } from '../../protocol/common-settings.ts';
import { proverSettings } from '../prover-settings.ts';

/** Everything that can be set about a worker. */
const workerSettings = z.object({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'expected letters, digits, `.`, `_` or `-`')
    .default('worker')
    .describe('name of this worker in its log and in what it answers'),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host:port/database' })
    .meta({ secret: true, env: 'DATABASE_URL' })
    .describe('PostgreSQL that its nodes name too: proofs are taken from there'),
  ...storeSettings,
  dataDir: z
    .string()
    .default('.sliceproof/worker')
    .describe('folder of the keys that were fetched; workers of one machine may share it'),
  ...proverSettings,
  maxMemory: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ unit: 'bytes' })
    .describe('what proofs may take together; left out: three quarters of the machine’s'),
  logLevel: logLevelSetting('info'),
});

export type WorkerSettings = z.infer<typeof workerSettings>;

/** The settings by the service's name: flags, environment, the table of the file. */
export const workerService = { schema: workerSettings, service: 'worker' } as const;
