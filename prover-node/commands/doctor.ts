import { Command } from 'commander';
import { colour } from '../../protocol/terminal/colour.ts';
import { printJson, standardOutput } from '../../protocol/terminal/output.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import type { Finding } from '../doctor/finding.ts';
import { NodeError } from '../errors.ts';
import { nodeService } from '../settings.ts';

const MARKS = { ok: colour.green('ok  '), look: colour.yellow('look'), ill: colour.red('ill ') };

/** `sliceproof node doctor` */
export function doctorCommand(): Command {
  return withSettings(new Command('doctor'), nodeService)
    .summary('look at everything that a node needs, and say what to do')
    .description(
      'Looks at the key, the data folder, the machine, ONNX Runtime and the prover (both do a small work and are compared), each RPC, the clock, the coins, the ledger, the stores and the aggregators. Changes nothing; the node may run meanwhile or not. `ill` is what keeps a node from its work or makes it lose, `look` what it could do better without. Ends with 1 (NODE_ILL) if anything is ill.',
    )
    .option('--json', 'print JSON: a list of what, state, found, todo; of a sick node as the error’s details')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sliceproof node doctor --config node.toml\n  $ sliceproof node doctor --config node.toml --json',
    )
    .action(async ({ json, ...flags }: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const output = standardOutput(json !== undefined);
      const { examine } = await import('../doctor/examine.ts');
      const findings: Finding[] = [];
      for await (const finding of examine(settings, process.env)) {
        findings.push(finding);
        if (!output.json) output.write(lineOf(finding));
      }
      const sick = findings.filter(({ state }) => state === 'ill');
      if (sick.length > 0) {
        throw new NodeError('NODE_ILL', `of ${findings.length} things ${sick.length} are ill`, {
          hint: sick.map(({ what, todo }) => `${what}: ${todo}`).join('\n'),
          details: { findings },
        });
      }
      if (output.json) printJson(output, findings);
    });
}

/** Each as it is found: some take seconds. */
function lineOf({ state, what, found, todo }: Finding): string {
  const rest = todo === undefined ? '' : `      ${todo}\n`;
  return `${MARKS[state]}  ${what}: ${found}\n${rest}`;
}
