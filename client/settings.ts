import { z } from 'zod';
import { gasSettings, logLevelSetting, marketSettings, storeSettings } from '../protocol/common-settings.ts';

/** Settings of every command that reaches the market as a requester. */
export const clientSettings = z.object({
  ...marketSettings,
  ...storeSettings,
  ...gasSettings,
  privateKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
    .optional()
    .meta({ secret: true })
    .describe('private key of the account that acts'),
  logLevel: logLevelSetting('warn'),
});
