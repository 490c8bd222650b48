import { Command, Option } from 'commander';
import { textOfAmount } from '../../protocol/contracts/ledger-units.ts';
import { printJson, printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import type { EarningsRow } from '../earnings/by-day.ts';
import { nodeService } from '../settings.ts';

/** `sliceproof node earnings` */
export function earningsCommand(): Command {
  return withSettings(new Command('earnings'), nodeService)
    .summary('show what a node’s account earned and paid, by day')
    .description(
      'Reads the chain alone, so it needs neither the node nor its data folder. Days are in UTC, the last thirty unless told otherwise. Amounts are in units of the market’s asset; gas, of the transactions by the node’s key that did something in the market, in the chain’s coin. `net` is what was earned without what was slashed, and without the gas where asset-per-native says what that is worth.',
    )
    .option('--since <day>', 'the first day, like 2026-11-29')
    .option('--days <count>', 'how many days: the last ones, or from --since on')
    .addOption(new Option('--csv', 'print comma-separated values with a line for each day').conflicts('json'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof node earnings --config node.toml --days 7
  $ sliceproof node earnings --config node.toml --since 2026-11-01 --csv > november.csv`,
    )
    .action(async ({ json, csv, since, days: count, ...flags }: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const { readEarnings } = await import('../earnings/read-earnings.ts');
      const found = await readEarnings(settings, { since, days: count });
      const { account, sender, asset, days, total, otherTransactions } = found;
      const shown = (row: EarningsRow): Shown => inUnits(row, settings.assetPerNative);
      const output = standardOutput(json !== undefined);
      if (output.json) {
        return printJson(output, {
          ...{ account, sender, asset },
          days: days.map((row) => ({ day: row.day, ...shown(row) })),
          total: shown(total),
          otherTransactions,
        });
      }
      const cellsOf = (row: EarningsRow): readonly (string | number)[] =>
        Object.values<string | number>({ ...shown(row) });
      const rows = days.map((row) => [row.day, ...cellsOf(row)]);
      const columns = Object.keys(shown(total));
      if (csv !== undefined) {
        return output.write([['day', ...columns], ...rows].map((row) => `${row.join(',')}\n`).join(''));
      }
      printTable(
        output,
        ['day', ...columns.map((name) => (AMOUNTS.includes(name) ? `${name} ${asset}` : name))],
        [...rows, ['all', ...cellsOf(total)]],
      );
      if (otherTransactions !== null && otherTransactions > 0) {
        output.write(
          `${otherTransactions} more transactions of ${sender} did nothing in the market (refused, replaced by nothing, approvals, or of another program): what they cost is not in here.\n`,
        );
      }
    });
}

/** A row with its amounts in units. */
interface Shown {
  readonly proofs: number;
  readonly proving: string;
  readonly executions: number;
  readonly executing: string;
  readonly keeping: string;
  readonly slashed: string;
  readonly transactions: number;
  /** Of the chain's coin. */
  readonly gas: string;
  readonly net: string;
}
const AMOUNTS: readonly string[] = [
  'proving',
  'executing',
  'keeping',
  'slashed',
  'net',
] satisfies (keyof Shown)[];

function inUnits(
  { proofs, proving, executions, executing, keeping, slashed, transactions, gas }: EarningsRow,
  assetPerNative: bigint,
): Shown {
  const net = proving + executing + keeping - slashed - (gas * assetPerNative) / 10n ** 18n;
  return {
    proofs,
    proving: textOfAmount(proving),
    executions,
    executing: textOfAmount(executing),
    keeping: textOfAmount(keeping),
    slashed: textOfAmount(slashed),
    transactions,
    gas: textOfAmount(gas),
    net: `${net < 0n ? '-' : ''}${textOfAmount(net < 0n ? -net : net)}`,
  };
}
