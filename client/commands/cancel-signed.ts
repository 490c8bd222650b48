import type { Command } from '@commander-js/extra-typings';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import type { Client } from '../client.ts';
import { marketCommand, withClient } from './common.ts';
import { readSigned } from './read-signed.ts';

/** A command that takes signatures back: nobody can `use` them then. @param file of its example */
export function cancelCommand(
  name: string,
  what: 'jobs' | 'bids',
  { use, used, file }: { readonly use: string; readonly used: string; readonly file: string },
  cancel: (client: Client, signed: unknown) => Promise<{ readonly nonce: bigint }>,
): Command {
  return marketCommand(name, `take back signatures of ${what} that nobody has ${used}`)
    .description(
      `Uses up the nonces of ${what} that this account signed, so that nobody can ${use} them any more.`,
    )
    .argument('<file>', `the signed ${what}, as JSON`)
    .addHelpText('after', `\nExample:\n  $ sliceproof job ${name} ${file}`)
    .action(async (path, options) =>
      withClient(options, async (client, output) => {
        const cancelled = [];
        for (const signed of await readSigned(path, what)) cancelled.push(await cancel(client, signed));
        if (output.json) return printJson(output, cancelled);
        printTable(
          output,
          ['cancelled nonce'],
          cancelled.map(({ nonce }) => [nonce.toString()]),
        );
      }),
    ) as unknown as Command;
}
