import { Command } from '@commander-js/extra-typings';
import { ConfigError } from '../errors.ts';
import { createLog } from '../log.ts';
import { expectPort } from '../terminal/arguments.ts';
import { untilStopped } from '../terminal/until-stopped.ts';
import { FolderStore } from './folder-store.ts';
import { serveStore } from './serve.ts';

/** `sliceproof store …` */
export function storeCommand(): Command {
  const start = new Command('start')
    .summary('serve a folder of artifacts over HTTP')
    .description('Serves artifacts by content identifier: GET and PUT /artifacts/{cid}, GET /health.')
    .option('--folder <path>', 'where the artifacts are kept', '.sliceproof/store')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', expectPort, 8600)
    .option(
      '--token-env <name>',
      'environment variable with the token that PUT needs; without it anyone may put',
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .addHelpText('after', '\nExample:\n  $ sliceproof store start --folder ./artifacts --port 8600')
    .action(async (options) => {
      const log = createLog('store', options.logLevel);
      const served = await serveStore({
        store: new FolderStore(options.folder),
        host: options.host,
        port: options.port,
        log,
        token: tokenOf(options.tokenEnv, process.env),
      });
      log.info({ url: served.url, folder: options.folder }, 'store ready');
      await untilStopped();
      await served.close();
      log.info('store stopped');
    });
  return new Command('store').description('The artifact store.').addCommand(start);
}

/** A store that was to be guarded is never opened to everybody because of a variable that isn't set. */
function tokenOf(
  name: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (name === undefined) return undefined;
  const token = env[name];
  if (token !== undefined && token !== '') return token;
  throw new ConfigError('STORE_TOKEN_MISSING', `expected a token in the variable ${name}, which is not set`);
}
