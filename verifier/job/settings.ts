import { z } from 'zod';
import { logLevelSetting, marketSettings, storeSettings } from '../../protocol/common-settings.ts';

/** Settings of `job verify`; they are a requester's, from the same table `[client]` of the same file. */
export const verifySettings = z.object({
  ...marketSettings,
  ...storeSettings,
  privateKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
    .optional()
    .meta({ secret: true })
    .describe('signs what a store gives only to those with a stake in the job; nothing is sent with it'),
  indexer: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('of the other commands; not asked here'),
  logLevel: logLevelSetting('error'),
});
