import { Command } from 'commander';
import { SliceproofError } from '../../protocol/errors.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import type { RunningNode } from '../node.ts';
import { nodeService } from '../settings.ts';

/** `sliceproof node start` */
export function startCommand(): Command {
  return withSettings(new Command('start'), nodeService)
    .summary('execute and prove slices until stopped')
    .description(
      'Follows the market, bids on slices that pay, proves them and hands the proofs in. Stops cleanly on SIGTERM and Ctrl-C, reads its settings again on SIGHUP; after a crash it takes up its work where it was left.',
    )
    .addHelpText('after', '\nExample:\n  $ sliceproof node start --config node.toml --status-port 9100')
    .action(async (flags: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const log = createLog(settings.name, settings.logLevel);
      log.info({ dataDir: settings.dataDir, roles: settings.roles }, 'node starting');
      const privateKey = await readPrivateKey(settings, process.env);
      const giveUp = new AbortController();
      const stopped = untilStopped().then((signal) => {
        giveUp.abort();
        return signal;
      });
      const { startNode } = await import('../node.ts');
      const starting = startNode({ settings, privateKey, log, signal: giveUp.signal }).catch(
        (error: unknown) => {
          if (giveUp.signal.aborted) return undefined;
          throw error;
        },
      );
      process.on('SIGHUP', () => {
        void starting.then(
          (node) => node && reload(node, flags, log),
          () => undefined,
        );
      });
      const node = await starting;
      const signal = await stopped;
      log.info({ signal }, 'node stopping');
      await node?.stop();
      log.info('node stopped');
      // A request that the chain never answers would keep the process.
      process.exit(0);
    });
}

/** Whatever is wrong with the settings now, the node goes on with those that it has. */
function reload(node: RunningNode, flags: SettingsFlags, log: ReturnType<typeof createLog>): void {
  try {
    const { values } = settingsOf(nodeService, flags);
    node.reload(values);
    log.level = values.logLevel;
  } catch (error) {
    const told =
      error instanceof SliceproofError
        ? { code: error.code, reason: error.message, hint: error.hint }
        : { err: error };
    log.error(told, 'settings not read again, those from before count');
  }
}
