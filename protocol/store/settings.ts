import { z } from 'zod';
import { listenSettings, logLevelSetting } from '../common-settings.ts';

/** Everything that can be set about a store that is served. */
const storeServiceSettings = z.object({
  folder: z.string().default('.sliceproof/store').describe('where the artifacts are kept'),
  ...listenSettings(8600),
  tokenEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable')
    .optional()
    .describe('environment variable with the token that PUT needs; without it anyone may put'),
  logLevel: logLevelSetting('info'),
});

/** The settings by the service's name: flags, environment, the table of the file. */
export const storeService = { schema: storeServiceSettings, service: 'store' } as const;
