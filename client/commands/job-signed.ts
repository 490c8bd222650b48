import type { Command } from '@commander-js/extra-typings';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { cancelSignedJob, postSignedJob } from '../jobs/signed-job.ts';
import { cancelCommand } from './cancel-signed.ts';
import { marketCommand, withClient } from './common.ts';
import { readSigned } from './read-signed.ts';

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
        for (const job of await readSigned(file, 'jobs')) posted.push(await postSignedJob(client, job));
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
  const words = { use: 'post', used: 'posted', file: 'signed.json' };
  return cancelCommand('cancel-signed', 'jobs', words, cancelSignedJob);
}
