import type { Command } from '@commander-js/extra-typings';
import { amount, expectId, sliceIndices, wholeNumber } from '../../protocol/terminal/arguments.ts';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { bringBids, cancelSignedBid, signBid } from '../jobs/signed-bid.ts';
import { cancelCommand } from './cancel-signed.ts';
import { marketCommand, withClient } from './common.ts';
import { address } from './offer-options.ts';
import { readSigned } from './read-signed.ts';

/** Long enough for others to be found, and for one that brings many. */
const VALID_SECONDS = 300;

/** `sliceproof job sign-bid` */
export function signBidCommand(): Command {
  return marketCommand('sign-bid', 'sign a bid that anybody can bring')
    .description(
      'Prints a list of one bid, as JSON, for whoever brings it: it binds this account’s collateral and takes none of its gas. ' +
        'Bid on traces that were checked alone.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .requiredOption('--unit-price <amount>', 'for a constraint', amount)
    .option('--slices <indices>', 'which slices; all that have to be proved, if left out', sliceIndices)
    .option('--valid <seconds>', 'for how long it may be brought', wholeNumber(1, 8_388_607), VALID_SECONDS)
    .option('--prover <account>', 'whose balance it binds: it has named this account its operator', address)
    .addHelpText('after', '\nExample:\n  $ sliceproof job sign-bid 0x… --unit-price 0.0002 > bids.json')
    .action(async (jobId, options) =>
      withClient(options, async (client, output) => {
        const { slices, valid, prover } = options;
        const unitPrice = client.asset.parse(options.unitPrice);
        printJson(output, [await signBid(client, { jobId, slices, unitPrice, validSeconds: valid, prover })]);
      }),
    ) as unknown as Command;
}

/** `sliceproof job bring-bids` */
export function bringBidsCommand(): Command {
  return marketCommand('bring-bids', 'bring bids that others signed')
    .description(
      'Brings what `sliceproof job sign-bid` printed, all in one transaction and with this account’s gas.',
    )
    .argument('<file>', 'the signed bids, as JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof job bring-bids bids.json')
    .action(async (file, options) =>
      withClient(options, async (client, output) => {
        const brought = await bringBids(client, await readSigned(file, 'bids'));
        if (output.json) return printJson(output, brought);
        printTable(
          output,
          ['job', 'prover', 'took'],
          brought.map(({ jobId, prover, taken, refused }) => [
            jobId,
            prover,
            refused === undefined ? taken.join(',') : `nothing: ${refused}`,
          ]),
        );
      }),
    ) as unknown as Command;
}

/** `sliceproof job cancel-bids` */
export function cancelBidsCommand(): Command {
  const words = { use: 'bring', used: 'brought', file: 'bids.json' };
  return cancelCommand('cancel-bids', 'bids', words, cancelSignedBid);
}
