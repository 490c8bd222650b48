import type { Command } from '@commander-js/extra-typings';
import { jobCosts } from '../../protocol/contracts/job-costs.ts';
import { expectId, wholeNumber } from '../../protocol/terminal/arguments.ts';
import { costLines } from '../../protocol/terminal/costs.ts';
import { printJson, printTable, type Output } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import type { Client } from '../client.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { jobStatus, type JobStatus } from '../jobs/job-status.ts';
import { waitForJob } from '../jobs/wait-for-job.ts';
import { marketCommand, withClient } from './common.ts';

/** `sliceproof job status` */
export function statusCommand(): Command {
  return marketCommand('status', 'show a job and its slices')
    .description('Shows where a job is: its state, and each slice with its holder and price.')
    .argument('<job>', 'the job’s id', expectId)
    .addHelpText('after', '\nExample:\n  $ sliceproof job status 0x…')
    .action(async (job, options) =>
      withClient(options, async (client, output) => {
        await printStatus(client, output, await jobStatus(client, job));
      }),
    ) as unknown as Command;
}

/** `sliceproof job wait` */
export function waitCommand(): Command {
  return marketCommand('wait', 'follow a job to its end')
    .description(
      'Waits until the job is finalized. Exit code 1: closed without a result; 75: not finished in time.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .option('--timeout <seconds>', 'give up waiting after so many seconds', wholeNumber(1, 2_000_000))
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof job wait 0x… --timeout 600 && sliceproof job result 0x…',
    )
    .action(async (job, options) =>
      withClient(options, async (client, output) => {
        const progress = showProgress(`job ${job.slice(0, 10)}`);
        const status = await waitForJob(client, job, {
          timeoutSeconds: options.timeout,
          onStatus: (now) => progress.update(inWords(client, now)),
        }).finally(() => progress.end());
        await printStatus(client, output, status);
      }),
    ) as unknown as Command;
}

/** What a job waits for. */
function inWords({ asset }: Client, { state, deadline, settledCount, dueCount, slices }: JobStatus): string {
  if (state === 'posted') return 'posted, waiting for a node to execute it';
  const settled = `${state}, ${settledCount} of ${dueCount} slices settled`;
  const open = slices.filter((slice) => slice.due && slice.state === 'open');
  if (state !== 'traced' || open.length === 0) return settled;
  const pays = open.map(({ slice, price }) => `${slice} (${asset.format(price, 6)})`).join(', ');
  return `${settled}, no bid yet on ${pays}; until ${timeOf(deadline)}, \`job raise\` offers more`;
}

/** `sliceproof job cancel` */
export function cancelCommand(): Command {
  return marketCommand('cancel', 'end a job and take back what is unspent')
    .description(
      'Before a trace the job is refunded at once. After it the cancel is announced; call it again when the ' +
        'deadline is over, and what nobody proved is refunded.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .addHelpText('after', '\nExample:\n  $ sliceproof job cancel 0x…')
    .action(async (job, options) =>
      withClient(options, async (client, output) =>
        printStatus(client, output, await cancelJob(client, job)),
      ),
    ) as unknown as Command;
}

/** A job's state, and where its money went so far. */
export async function printStatus(client: Client, output: Output, status: JobStatus): Promise<void> {
  const { asset } = client;
  const costs = await jobCosts(client, status.jobId, status.requester);
  if (output.json) return printJson(output, { ...status, costs });
  const { audits, drawPending, challengeEnd, slices } = status;
  const lines = [
    ['job', status.jobId],
    [
      'state',
      `${status.state}${status.cancelled ? ` (cancel announced, until ${timeOf(status.cancelEnd)})` : ''}`,
    ],
    ['executor', status.executor ?? '–'],
    ['escrow', `${asset.format(status.escrow)} still held`],
    ['deadline', timeOf(status.deadline)],
    ...(audits === 0 ? [] : [['audits', drawPending ? `${audits} to be drawn` : `${audits} drawn`]]),
    ...(challengeEnd === 0 ? [] : [['challenges', `until ${timeOf(challengeEnd)}`]]),
  ];
  output.write(lines.map(([name, value]) => `${name.padEnd(11)}${value}\n`).join(''));
  output.write(costLines(asset, costs));
  printTable(
    output,
    ['slice', 'state', 'because', 'holder', 'price'],
    slices.map(({ slice, provable, due, dueReason, challenger, state, holder, price, raise }) => [
      slice,
      provable ? (due ? state : 'not asked for') : 'executed only',
      dueReason === undefined ? '–' : [dueReason, ...(challenger ? [`by ${challenger}`] : [])].join(' '),
      holder ?? '–',
      due ? asset.format(price) + (raise === 0n ? '' : ` + ${asset.format(raise)}`) : '–',
    ]),
  );
}

function timeOf(seconds: number): string {
  return seconds === 0 ? '–' : new Date(seconds * 1000).toISOString();
}
