import { z } from 'zod';
import { logLevelSetting, marketSettings, storeSettings } from '../../protocol/common-settings.ts';
import { privateKeySettings } from '../../protocol/private-key.ts';

/** Settings of `job verify`; they are a requester's, from the same table `[client]` of the same file. */
export const verifySettings = z.object({
  ...marketSettings,
  ...storeSettings,
  ...privateKeySettings,
  indexer: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('of the other commands; not asked here'),
  logLevel: logLevelSetting('error'),
});
