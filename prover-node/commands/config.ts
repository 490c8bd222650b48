import { Command } from 'commander';
import { redactSettings } from '../../protocol/config.ts';
import { printJson, printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { nodeSettings } from '../settings.ts';
import { settingsOf, showValue, withSettings, type SettingsFlags } from './settings-flags.ts';

/** `sliceproof node config print` */
export function configCommand(): Command {
  const print = withSettings(new Command('print'))
    .summary('show what counts in the end, and where it comes from')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof node config print --config node.toml')
    .action(({ json, ...flags }: SettingsFlags) => {
      const { values, origins } = settingsOf(flags);
      const output = standardOutput(json !== undefined);
      const shown = redactSettings(nodeSettings, values);
      if (output.json) return printJson(output, shown);
      printTable(
        output,
        ['setting', 'value', 'from'],
        Object.entries(shown).map(([key, value]) => [key, showValue(value), origins[key]]),
      );
    });
  return new Command('config').description('The settings.').addCommand(print);
}
