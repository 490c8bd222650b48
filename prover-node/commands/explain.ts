import { Command } from 'commander';
import { printJson, printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import { nodeService } from '../settings.ts';

/** `sliceproof node explain` */
export function explainCommand(): Command {
  return withSettings(new Command('explain'), nodeService)
    .summary('say why a node took, or left, the work of a job')
    .description(
      'Reads what the node decided about a job’s execution and each of its slices, and when, from its data folder: the job may be over, and the node may run or not. Of one that runs and has a status-port it also says how it is now.',
    )
    .argument('<job>', 'id of the job')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof node explain 0x5f… --config node.toml
  $ sliceproof node explain 0x5f… --data-dir .sliceproof/north --json`,
    )
    .action(async (job: string, { json, ...flags }: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const { explainJob } = await import('../status/explain.ts');
      const { jobId, decisions, now } = await explainJob(settings, job);
      const output = standardOutput(json !== undefined);
      if (output.json) return printJson(output, { jobId, decisions, now });
      printTable(
        output,
        ['at', 'block', 'part', 'code', 'because'],
        decisions.map(({ at, block, slices, code, text }) => [
          at.replace(/\.\d+/, ''),
          block,
          slices ? `slice ${slices.join(', ')}` : 'execution',
          code,
          text,
        ]),
      );
      if (!now) return;
      output.write('as the node sees it now:\n');
      printTable(
        output,
        ['part', 'code', 'because'],
        [
          ...(now.execution ? [['execution', now.execution.code, now.execution.text]] : []),
          ...now.slices.map(({ slice, code, text }) => [`slice ${slice}`, code, text]),
        ],
      );
    });
}
