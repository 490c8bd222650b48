import { Command } from '@commander-js/extra-typings';
import { describeSettings, redactSettings, resolveSettings } from '../../protocol/config.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { printJson, printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { startAggregator } from './service.ts';
import { aggregatorSettings } from './settings.ts';

const SERVICE = 'aggregator';

/** `sliceproof aggregator …` */
export function aggregatorCommand(): Command {
  return new Command('aggregator')
    .description('Gathers proofs, verifies each, and settles them in batches.')
    .addCommand(startCommand())
    .addCommand(new Command('config').description('The settings.').addCommand(printCommand()));
}

function startCommand(): Command {
  const command = withSettings(new Command('start'))
    .summary('take proofs over HTTP and settle them')
    .description(
      'Takes proofs over HTTP, verifies each, and settles them in batches by size, age and deadline.',
    )
    .addHelpText('after', '\nExample:\n  $ sliceproof aggregator start --config aggregator.toml --port 8700')
    .action(async (options) => {
      const { config, ...flags } = options as Readonly<Record<string, string | undefined>>;
      const { values } = resolveSettings(aggregatorSettings, {
        service: SERVICE,
        flags,
        env: process.env,
        file: config,
      });
      const log = createLog(SERVICE, values.logLevel);
      const giveUp = new AbortController();
      const stopped = untilStopped().then((signal) => {
        giveUp.abort();
        return signal;
      });
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
  return command;
}

function printCommand(): Command {
  const command = withSettings(new Command('print'))
    .summary('show what counts in the end, and where it comes from')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof aggregator config print --config aggregator.toml --json',
    )
    .action((options) => {
      const { config, json, ...flags } = options as Readonly<Record<string, string | undefined>>;
      const { values, origins } = resolveSettings(aggregatorSettings, {
        service: SERVICE,
        flags,
        env: process.env,
        file: config,
      });
      const output = standardOutput(json !== undefined);
      const shown = redactSettings(aggregatorSettings, values);
      if (output.json) return printJson(output, shown);
      printTable(
        output,
        ['setting', 'value', 'from'],
        Object.entries(shown).map(([key, value]) => [key, textOf(value), origins[key]]),
      );
    });
  return command;
}

/** A flag for every setting; what is not given is left to environment, file and default. */
function withSettings<C extends Command>(command: C): C {
  command.option('--config <file>', 'TOML file with settings, in its table [aggregator]');
  for (const { flag, description, unit, defaultValue } of describeSettings(aggregatorSettings, SERVICE)) {
    const unitText = unit === undefined ? '' : ` (${unit})`;
    const defaultText = defaultValue === undefined ? '' : `; default ${textOf(defaultValue)}`;
    command.option(`${flag} <value>`, `${description}${unitText}${defaultText}`);
  }
  return command;
}

/** A setting's value as one cell of text. */
function textOf(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : typeof value === 'bigint' ? `${value}` : JSON.stringify(value);
}
