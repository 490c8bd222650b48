import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { createLog } from '../../protocol/log.ts';
import {
  configCommand,
  settingsOf,
  withSettings,
  type SettingsFlags,
} from '../../protocol/terminal/service-settings.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { workerService } from './settings.ts';

/** Seconds that running proofs have to finish when the worker is stopped. */
const FINISH_SECONDS = 60;

/** `sliceproof worker …` */
export function workerCommand(): TypedCommand {
  return new Command('worker')
    .description('Proves for nodes of other machines, which share a PostgreSQL with it.')
    .addCommand(startCommand())
    .addCommand(configCommand(workerService)) as unknown as TypedCommand;
}

function startCommand(): Command {
  return withSettings(new Command('start'), workerService)
    .summary('prove what nodes put into their database, until stopped')
    .description(
      'Takes proofs from the PostgreSQL that nodes name as database-url, fetches their keys once, and proves. It holds no account’s key and asks no chain. On SIGTERM and Ctrl-C it finishes what it proves; what a worker that died was proving is taken by another.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof worker start --database-url postgres://prover:secret@10.0.0.5/proofs --store https://store.example --workers 8',
    )
    .action(async (flags: SettingsFlags) => {
      const { values: settings } = settingsOf(workerService, flags);
      const log = createLog(settings.name, settings.logLevel);
      log.info('worker starting');
      const giveUp = new AbortController();
      const stopped = untilStopped().then((signal) => {
        giveUp.abort();
        return signal;
      });
      const { startWorker } = await import('./service.ts');
      const worker = await startWorker({ settings, log, signal: giveUp.signal }).catch((error: unknown) => {
        if (giveUp.signal.aborted) return undefined;
        throw error;
      });
      const signal = await stopped;
      log.info({ signal }, 'worker stopping');
      await worker?.stop(FINISH_SECONDS);
      log.info('worker stopped');
      process.exit(0);
    });
}
