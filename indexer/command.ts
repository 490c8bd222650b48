import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { createLog } from '../protocol/log.ts';
import {
  configCommand,
  settingsOf,
  withSettings,
  type SettingsFlags,
} from '../protocol/terminal/service-settings.ts';
import { untilStopped } from '../protocol/terminal/until-stopped.ts';
import { keepHeapSmall } from './heap.ts';
import { indexerService } from './settings.ts';

const EXAMPLES = `
Every setting can also come from the environment (SLICEPROOF_INDEXER_PORT or, for all services, SLICEPROOF_PORT) or
from a TOML file (port = 8800, at its top or under [indexer]). A flag goes before the environment, that before the file;
DATABASE_URL goes after them all.

Examples:
  $ sliceproof indexer start --rpc http://127.0.0.1:8545 --deployment .sliceproof/deployment.json
  $ sliceproof indexer start --config sliceproof.toml --port 0
  $ DATABASE_URL=postgres://user:password@db:5432/sliceproof sliceproof indexer start --host 0.0.0.0
  $ curl -s http://127.0.0.1:8800/graphql -H 'content-type: application/json' \\
      -d '{"query":"{ jobs(first: 5) { nodes { id state settledCount dueCount } } }"}'
`;

/** `sliceproof indexer …` */
export function indexerCommand(): TypedCommand {
  const start = withSettings(new Command('start'), indexerService)
    .summary('index the market and serve it over GraphQL')
    .description(
      'Follows the chain through reorganisations into a database and serves /graphql, /health and /metrics. Stops cleanly on SIGTERM; goes on where it was after any other end.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SettingsFlags) => {
      const { values } = settingsOf(indexerService, flags);
      keepHeapSmall((values.databaseUrl ?? '') === '');
      const log = createLog('indexer', values.logLevel);
      log.info('indexer starting');
      const [{ readDeployment }, { startIndexer }] = await Promise.all([
        import('../protocol/contracts/read-deployment.ts'),
        import('./service.ts'),
      ]);
      const indexer = await startIndexer(values, await readDeployment(values.deployment), log);
      try {
        await Promise.race([untilStopped(), indexer.ended]);
      } finally {
        await indexer.close();
        log.info('indexer stopped');
      }
    });
  return new Command('indexer')
    .description('The market as a database.')
    .addCommand(start)
    .addCommand(configCommand(indexerService)) as unknown as TypedCommand;
}
