import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import {
  configCommand,
  settingsOf,
  withSettings,
  type SettingsFlags,
} from '../../protocol/terminal/service-settings.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { aggregatorService } from './settings.ts';

/** `sliceproof aggregator …` */
export function aggregatorCommand(): TypedCommand {
  return new Command('aggregator')
    .description('Gathers proofs, verifies each, and settles them in batches.')
    .addCommand(startCommand())
    .addCommand(configCommand(aggregatorService)) as unknown as TypedCommand;
}

function startCommand(): Command {
  return withSettings(new Command('start'), aggregatorService)
    .summary('take proofs over HTTP and settle them')
    .description(
      'Takes proofs over HTTP, verifies each, and settles them in batches by size, age and deadline.',
    )
    .addHelpText('after', '\nExample:\n  $ sliceproof aggregator start --config aggregator.toml --port 8700')
    .action(async (flags: SettingsFlags) => {
      const { values } = settingsOf(aggregatorService, flags);
      const log = createLog('aggregator', values.logLevel);
      log.info('aggregator starting');
      const giveUp = new AbortController();
      const stopped = untilStopped().then((signal) => {
        giveUp.abort();
        return signal;
      });
      const { startAggregator } = await import('./service.ts');
      const aggregator = await startAggregator({
        settings: values,
        privateKey: await readPrivateKey(values, process.env),
        log,
        signal: giveUp.signal,
      }).catch((error: unknown) => {
        if (giveUp.signal.aborted) return undefined;
        throw error;
      });
      const signal = await stopped;
      log.info({ signal }, 'aggregator stopping');
      await aggregator?.close();
      log.info('aggregator stopped');
      // A request that the chain never answers would keep the process.
      process.exit(0);
    });
}
