import type { Command } from '@commander-js/extra-typings';
import { colour } from '../../protocol/terminal/colour.ts';
import { jobCosts } from '../../protocol/contracts/job-costs.ts';
import { expectId } from '../../protocol/terminal/arguments.ts';
import { costLines } from '../../protocol/terminal/costs.ts';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { jobResult } from '../jobs/job-result.ts';
import { jobStatus } from '../jobs/job-status.ts';
import { marketCommand, withClient } from './common.ts';

/** Values of an output that a table shows; `--json` has them all. */
const SHOWN = 20;

/** `sliceproof job result` */
export function resultCommand(): Command {
  return marketCommand('result', 'read the output of a finished job')
    .description(
      'Takes the output from the chain where it is revealed, else from the store, and opens it against the commitment on chain.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .addHelpText('after', '\nExample:\n  $ sliceproof job result 0x… --json')
    .action(async (job, options) =>
      withClient(options, async (client, output) => {
        const result = await jobResult(client, job);
        const { requester } = await jobStatus(client, job);
        const costs = await jobCosts(client, job, requester);
        if (output.json) return printJson(output, { ...result, costs });
        const { index, label } = result.top;
        const [first] = result.outputs;
        // The answer first; of what is no list of scores the value itself is one.
        const answer =
          first.values.length === 1 ? first.values[0].toPrecision(6) : (label ?? `class ${index}`);
        output.write(`result     ${colour.bold(answer)}\n`);
        output.write(costLines(client.asset, costs));
        for (const { name, values } of result.outputs) {
          printTable(
            output,
            [name, 'value'],
            values.slice(0, SHOWN).map((value, i) => [String(i), value.toPrecision(6)]),
          );
          if (values.length > SHOWN) output.write(`… and ${values.length - SHOWN} more: see --json\n`);
        }
      }),
    ) as unknown as Command;
}
