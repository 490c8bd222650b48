import { z } from 'zod';
import { gasSettings, logLevelSetting, marketSettings, storeSettings } from '../protocol/common-settings.ts';
import type { ServiceSettings } from '../protocol/terminal/service-settings.ts';

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
  indexer: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('GraphQL address of an indexer, asked for recent prices; left out: the chain is'),
  logLevel: logLevelSetting('error'),
});

export const clientService: ServiceSettings<typeof clientSettings> = {
  schema: clientSettings,
  service: 'client',
};
