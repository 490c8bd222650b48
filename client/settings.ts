import { z } from 'zod';
import { logLevelSetting, marketSettings, storeSettings } from '../protocol/common-settings.ts';
import { privateKeySettings } from '../protocol/private-key.ts';

/** Settings of every command that reaches the market as a requester. */
export const clientSettings = z.object({
  ...marketSettings,
  ...storeSettings,
  ...privateKeySettings,
  logLevel: logLevelSetting('warn'),
});
