import { Command } from '@commander-js/extra-typings';
import { resolveSettings } from '../protocol/config.ts';
import { readDeployment } from '../protocol/contracts/deployment.ts';
import { createLog } from '../protocol/log.ts';
import { untilStopped } from '../protocol/terminal/until-stopped.ts';
import { startIndexer } from './service.ts';
import { indexerSettings } from './settings.ts';

const EXAMPLES = `
Every setting can also come from the environment (SLICEPROOF_INDEXER_PORT or, for all services, SLICEPROOF_PORT) or
from a TOML file (port = 8800, at its top or under [indexer]). A flag goes before the environment, that before the file.

Examples:
  $ sliceproof indexer start --rpc http://127.0.0.1:8545 --deployment .sliceproof/deployment.json
  $ sliceproof indexer start --config sliceproof.toml --port 0
  $ DATABASE_URL=postgres://user:password@db:5432/sliceproof sliceproof indexer start --host 0.0.0.0
  $ curl -s http://127.0.0.1:8800/graphql -H 'content-type: application/json' \\
      -d '{"query":"{ jobs(first: 5) { nodes { id state settledCount dueCount } } }"}'
`;

/** `sliceproof indexer …` */
export function indexerCommand(): Command {
  const start = new Command('start')
    .summary('index the market and serve it over GraphQL')
    .description(
      'Follows the chain through reorganisations into a database and serves /graphql, /health and /metrics. Stops cleanly on SIGTERM; goes on where it was after any other end.',
    )
    .option('--config <file>', 'TOML file with settings')
    .option('--rpc <url>', 'JSON-RPC address of the chain')
    .option('--deployment <file>', 'deployment file')
    .option('--data-dir <folder>', 'folder of the embedded database')
    .option('--database-url <url>', 'PostgreSQL to use instead (or DATABASE_URL)')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one')
    .option('--finality <blocks>', 'how deep a reorganisation can be undone')
    .option('--poll-milliseconds <number>', "how often to look at the chain's head")
    .option('--max-range <blocks>', 'most blocks asked for at once')
    .option('--max-depth <number>', 'how deep a GraphQL request may be nested')
    .option('--max-tokens <number>', 'how many tokens a GraphQL request may have')
    .option('--max-aliases <number>', 'how many aliases a GraphQL request may have')
    .option('--max-cost <number>', 'largest weighted number of fields of a GraphQL request')
    .option('--max-rows <number>', 'how many rows a GraphQL request may ask for')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .addHelpText('after', EXAMPLES)
    .action(async ({ config, ...flags }) => {
      const sources = { service: 'indexer', flags, env: process.env, file: config } as const;
      const { values } = resolveSettings(indexerSettings, sources);
      const log = createLog('indexer', values.logLevel);
      const indexer = await startIndexer(values, await readDeployment(values.deployment), log);
      try {
        await Promise.race([untilStopped(), indexer.ended]);
      } finally {
        await indexer.close();
        log.info('indexer stopped');
      }
    });
  return new Command('indexer').description('The market as a database.').addCommand(start);
}
