import { Command } from 'commander';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import { nodeService } from '../settings.ts';
import type { StatusReport } from '../status/report.ts';

/** `sliceproof node status` */
export function statusCommand(): Command {
  return withSettings(new Command('status'), nodeService)
    .summary('show ledger, holds, proofs and earnings of a node, what it asks and why it leaves work')
    .description(
      'Reads the chain and the node’s data folder; the node may run meanwhile or not. Of one that runs and has a status-port it also says what it asks, and why it leaves what it leaves.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof node status --config node.toml --json')
    .action(async ({ json, ...flags }: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const { readStatus } = await import('../status/read-status.ts');
      const { status, format } = await readStatus(settings);
      const output = standardOutput(json !== undefined);
      if (output.json) return printJson(output, status);
      printTable(
        output,
        ['account', 'free', 'reserved', 'proving', 'executing', 'keeping', 'slashed'],
        [
          [
            status.account,
            format(status.balance),
            format(status.reserved),
            format(status.earnings.proving),
            format(status.earnings.executing),
            format(status.earnings.keeping),
            format(status.earnings.slashed),
          ],
        ],
      );
      printTable(
        output,
        ['held slice', 'of job', 'unit price', 'window ends', 'hold ends'],
        status.holds.map(({ jobId, slice, unitPrice, windowEnd, lockEnd }) => [
          slice,
          jobId,
          unitPrice,
          timeOf(windowEnd),
          timeOf(lockEnd),
        ]),
      );
      printTable(
        output,
        ['proved slice', 'of job', 'constraints', 'prove s', 'CPU s', 'peak MiB', 'outcome', 'price'],
        status.proofs.map((row) => [
          row.slice,
          row.jobId,
          row.constraints,
          row.proveSeconds.toFixed(2),
          row.cpuSeconds.toFixed(2),
          Math.round(row.peakRssBytes / 2 ** 20),
          row.outcome,
          row.pricePaid === null ? '–' : format(BigInt(row.pricePaid)),
        ]),
      );
      if (status.running) printRunning(output, status.running, format);
    });
}

/** What a node that runs asks for slices, and what it does about the jobs that it sees. */
function printRunning(
  output: Output,
  { doing, health, notes, underWay, models, refusedModels, jobs }: StatusReport,
  format: (amount: bigint) => string,
): void {
  output.write(`the node runs: ${doing}\n`);
  printTable(
    output,
    ['it can’t do its work', 'because'],
    health.map(({ code, text }) => [code, text]),
  );
  printTable(
    output,
    ['to know', 'what'],
    notes.map(({ code, text }) => [code, text]),
  );
  printTable(
    output,
    ['transaction under way', 'nonce', 'waits for', 'seconds', 'more behind it'],
    (underWay ? [underWay] : []).map(({ what, nonce, reason, seconds, behind }) => [
      what,
      nonce ?? '–',
      reason,
      Math.round(seconds),
      behind,
    ]),
  );
  printTable(
    output,
    ['slice', 'of model', 'constraints', 'prove s', 'asks', 'at least'],
    models.flatMap(({ modelId, slices }) =>
      slices.map(({ slice, constraints, seconds, ask, floor }) => [
        slice,
        modelId,
        constraints,
        seconds.toFixed(2),
        format(BigInt(ask)),
        format(BigInt(floor)),
      ]),
    ),
  );
  printTable(
    output,
    ['model that is not run any more', 'code', 'because'],
    refusedModels.map(({ sha256, code, message }) => [sha256, code, message]),
  );
  printTable(
    output,
    ['job', 'part', 'code', 'because'],
    jobs.flatMap(({ jobId, execution, slices }) => [
      ...(execution ? [[jobId, 'execution', execution.code, execution.text]] : []),
      ...slices.map(({ slice, code, text }) => [jobId, `slice ${slice}`, code, text]),
    ]),
  );
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
