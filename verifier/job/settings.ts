import { z } from 'zod';
import { logLevelSetting, marketSettings, storeSettings } from '../../protocol/common-settings.ts';

/** Settings of `job verify`; they are a requester's, from the same table `[client]` of the same file. */
export const verifySettings = z.object({
  ...marketSettings,
  ...storeSettings,
  privateKey: z.string().optional().meta({ secret: true }).describe('not used: nothing is sent'),
  logLevel: logLevelSetting('warn'),
});
