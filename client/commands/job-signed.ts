import type { Command } from '@commander-js/extra-typings';
import { z } from 'zod';
import { readBounded } from '../../protocol/files/read-bounded.ts';
import { decodeJson } from '../../protocol/json.ts';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { ClientError } from '../errors.ts';
import { cancelSignedJob, postSignedJob } from '../jobs/signed-job.ts';
import { marketCommand, withClient } from './common.ts';

/** Largest file of signed jobs that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

/** `sliceproof job post-signed` */
export function postSignedCommand(): Command {
  return marketCommand('post-signed', 'post jobs that somebody else signed')
    .description(
      'Posts what `sliceproof job post --sign-only` printed, with its requester’s money and this account’s gas.',
    )
    .argument('<file>', 'the signed jobs, as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof job post --model 0x… --input 7.png --sign-only > signed.json\n  $ sliceproof job post-signed signed.json',
    )
    .action(async (file, options) =>
      withClient(options, async (client, output) => {
        const posted = [];
        for (const job of await readJobs(file)) posted.push(await postSignedJob(client, job));
        if (output.json) return printJson(output, posted);
        printTable(
          output,
          ['job', 'escrow'],
          posted.map(({ jobId, escrow }) => [jobId, client.asset.format(escrow)]),
        );
      }),
    ) as unknown as Command;
}

/** `sliceproof job cancel-signed` */
export function cancelSignedCommand(): Command {
  return marketCommand('cancel-signed', 'take back signatures of jobs that nobody has posted')
    .description(
      'Uses up the nonces of jobs that this account signed, so that nobody can post them any more.',
    )
    .argument('<file>', 'the signed jobs, as JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof job cancel-signed signed.json')
    .action(async (file, options) =>
      withClient(options, async (client, output) => {
        const cancelled = [];
        for (const job of await readJobs(file)) cancelled.push(await cancelSignedJob(client, job));
        if (output.json) return printJson(output, cancelled);
        printTable(
          output,
          ['cancelled nonce'],
          cancelled.map(({ nonce }) => [nonce.toString()]),
        );
      }),
    ) as unknown as Command;
}

async function readJobs(file: string): Promise<readonly unknown[]> {
  const refuse = (reason: string, cause?: unknown): ClientError =>
    new ClientError('SIGNED_JOBS_UNREADABLE', `expected a list of signed jobs in ${file}: ${reason}`, {
      cause,
    });
  const bytes = await readBounded(file, MAX_BYTES).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  return decodeJson(bytes, { schema: z.array(z.unknown()).max(256), maxBytes: MAX_BYTES, refuse });
}
