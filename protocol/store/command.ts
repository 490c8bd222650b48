import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { ConfigError } from '../errors.ts';
import { createLog } from '../log.ts';
import { keepSecret } from '../secrets.ts';
import { configCommand, settingsOf, withSettings, type SettingsFlags } from '../terminal/service-settings.ts';
import { untilStopped } from '../terminal/until-stopped.ts';
import { storeService } from './settings.ts';

/** `sliceproof store …` */
export function storeCommand(): TypedCommand {
  const start = withSettings(new Command('start'), storeService)
    .summary('serve a folder of artifacts over HTTP')
    .description(
      'Serves artifacts by content identifier: GET and PUT /artifacts/{cid}, GET /health. Uploads are signed by an account and count to its quota; what a job is about goes to those with a stake in it.',
    )
    .addHelpText('after', '\nExample:\n  $ sliceproof store start --folder ./artifacts --port 8600')
    .action(async (flags: SettingsFlags) => {
      const { values } = settingsOf(storeService, flags);
      const { folder, tokenEnv, logLevel } = values;
      const log = createLog('store', logLevel);
      log.info({ folder }, 'store starting');
      const token = tokenOf(tokenEnv, process.env);
      const { startStore } = await import('./service.ts');
      const served = await startStore({ settings: values, token, log });
      log.info({ url: served.url, folder }, 'store ready');
      await untilStopped();
      await served.close();
      log.info('store stopped');
    });
  return new Command('store')
    .description('The artifact store.')
    .addCommand(start)
    .addCommand(configCommand(storeService)) as unknown as TypedCommand;
}

/** A store that was to be guarded is never opened to everybody because of a variable that isn't set. */
function tokenOf(
  name: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (name === undefined) return undefined;
  const token = env[name];
  if (token !== undefined && token !== '') {
    keepSecret(token);
    return token;
  }
  throw new ConfigError('STORE_TOKEN_MISSING', `expected a token in the variable ${name}, which is not set`);
}
