import type { Command } from '@commander-js/extra-typings';
import { amount, expectId, wholeNumber } from '../../protocol/terminal/arguments.ts';
import { printJson } from '../../protocol/terminal/output.ts';
import { revealOutput } from '../jobs/reveal-output.ts';
import { challengeSlice, deliverResult, drawAudits, raiseOffer } from '../jobs/running-job.ts';
import { marketCommand, withClient } from './common.ts';
import { address } from './offer-options.ts';
import { printStatus } from './job-status.ts';

/** `sliceproof job raise` */
export function raiseCommand(): Command {
  return marketCommand('raise', 'offer more for a running job')
    .description('Raises the unit price that the ramp ends at, for slices that nobody bid on yet.')
    .argument('<job>', 'the job’s id', expectId)
    .requiredOption('--max-unit-price <amount>', 'for a constraint', amount)
    .addHelpText('after', '\nExample:\n  $ sliceproof job raise 0x… --max-unit-price 0.0002')
    .action(async (job, options) =>
      withClient(options, async (client, output) =>
        printStatus(client, output, await raiseOffer(client, job, client.asset.parse(options.maxUnitPrice))),
      ),
    ) as unknown as Command;
}

/** `sliceproof job challenge` */
export function challengeCommand(): Command {
  return marketCommand('challenge', 'have a slice proved that was only executed')
    .description(
      'Bonds what proving the slice can cost. If it is proved, that pays; if not, it returns with a share of the ' +
        'executor’s bond.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .requiredOption('--slice <index>', 'which slice', wholeNumber(0, 255))
    .addHelpText('after', '\nExample:\n  $ sliceproof job challenge 0x… --slice 3')
    .action(async (job, options) =>
      withClient(options, async (client, output) =>
        printStatus(client, output, await challengeSlice(client, job, options.slice)),
      ),
    ) as unknown as Command;
}

/** `sliceproof job draw` */
export function drawCommand(): Command {
  return marketCommand('draw', 'draw the audits of a job')
    .description(
      'Draws the slices to be proved besides the required ones, by a block’s hash. Nodes do that for the jobs that ' +
        'they executed; anybody can.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .addHelpText('after', '\nExample:\n  $ sliceproof job draw 0x…')
    .action(async (job, options) =>
      withClient(options, async (client, output) =>
        printStatus(client, output, await drawAudits(client, job)),
      ),
    ) as unknown as Command;
}

/** `sliceproof job reveal` */
export function revealCommand(): Command {
  return marketCommand('reveal', 'show everybody the output of a job that kept it to itself')
    .description(
      'Takes the output of a finalized job from the store, and brings it to the chain, which checks it against its commitment: in one ' +
        'transaction where it fits, else in parts.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .addHelpText('after', '\nExample:\n  $ sliceproof job reveal 0x…')
    .action(async (job, options) =>
      withClient(options, async (client, output) => {
        const revealed = await revealOutput(client, job);
        if (output.json) return printJson(output, revealed);
        for (const transaction of revealed.transactions) output.write(`${transaction}\n`);
      }),
    ) as unknown as Command;
}

/** `sliceproof job deliver` */
export function deliverCommand(): Command {
  return marketCommand('deliver', 'bring a job’s result to a contract that uses it')
    .description(
      'Calls the contract with the job and its revealed outputs; it asks the market for the rest. A job that lacks only that ' +
        'is finalized on the way.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .requiredOption('--to <address>', 'the contract (IInferenceConsumer)', address)
    .addHelpText('after', '\nExample:\n  $ sliceproof job deliver 0x… --to 0x…')
    .action(async (job, options) =>
      withClient(options, async (client, output) => {
        const transaction = await deliverResult(client, job, options.to);
        if (output.json) return printJson(output, { jobId: job, consumer: options.to, transaction });
        output.write(
          `job          ${job}\nconsumer     ${options.to} took the result\ntransaction  ${transaction}\n`,
        );
      }),
    ) as unknown as Command;
}
