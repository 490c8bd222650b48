import { z } from 'zod';
import { gasSettings, logLevelSetting, marketSettings, storeSettings } from './common-settings.ts';
import { privateKeySettings } from './private-key.ts';
import type { ServiceSettings } from './terminal/service-settings.ts';

/**
 * Settings of every command that reaches the market as a requester, `job verify` included: all of them read the table
 * `[client]` of one file, so what one knows the others know.
 */
export const clientSettings = z.object({
  ...marketSettings,
  ...storeSettings,
  ...gasSettings,
  ...privateKeySettings,
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
