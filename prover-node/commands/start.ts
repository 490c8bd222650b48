import { Command } from 'commander';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import { nodeService } from '../settings.ts';

/** `sliceproof node start` */
export function startCommand(): Command {
  return withSettings(new Command('start'), nodeService)
    .summary('execute and prove slices until stopped')
    .description(
      'Follows the market, bids on slices that pay, proves them and hands the proofs in. Stops cleanly on SIGTERM and Ctrl-C; after a crash it takes up its work where it was left.',
    )
    .addHelpText('after', '\nExample:\n  $ sliceproof node start --config node.toml --status-port 9100')
    .action(async (flags: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const log = createLog(settings.name, settings.logLevel);
      log.info({ dataDir: settings.dataDir, roles: settings.roles }, 'node starting');
      const privateKey = await readPrivateKey(settings, process.env);
      const starting = new AbortController();
      const stopped = untilStopped().then((signal) => {
        starting.abort();
        return signal;
      });
      const { startNode } = await import('../node.ts');
      const node = await startNode({ settings, privateKey, log, signal: starting.signal }).catch(
        (error: unknown) => {
          if (starting.signal.aborted) return undefined;
          throw error;
        },
      );
      const signal = await stopped;
      log.info({ signal }, 'node stopping');
      await node?.stop();
      log.info('node stopped');
      // A request that the chain never answers would keep the process.
      process.exit(0);
    });
}
