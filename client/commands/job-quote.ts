import type { Command } from '@commander-js/extra-typings';
import { formatEther } from 'ethers';
import { printJson } from '../../protocol/terminal/output.ts';
import type { Client } from '../client.ts';
import type { Spread } from '../jobs/market-prices.ts';
import { quoteJob, type JobQuote } from '../jobs/quote.ts';
import { readPublishedModel } from '../jobs/read-model.ts';
import { withClient } from './common.ts';
import { offerCommand, termsOf } from './offer-options.ts';

/** `sliceproof job quote` */
export function quoteCommand(): Command {
  return offerCommand('quote', 'say what a job would cost, and sign nothing')
    .description(
      'Says the most that a job can cost, what it would cost at the market’s recent prices, and how long jobs of the model took. ' +
        'Takes the flags of `job post` but the input, and needs no account. Prices come from the indexer that the settings name, ' +
        'else from the chain’s last events.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ sliceproof job quote --model 0x…\n  $ sliceproof job quote --model 0x… --slices 0,2 --audits 1 --json',
    )
    .action(async (options) =>
      withClient(options, async (client, output) => {
        const published = await readPublishedModel(client, options.model);
        const quote = await quoteJob(client, await termsOf(client, published, options));
        if (output.json) return printJson(output, quote);
        output.write(quoteLines(client, quote));
      }),
    );
}

/** A quote for people. */
export function quoteLines({ asset }: Pick<Client, 'asset'>, quote: JobQuote): string {
  const { recent, gas } = quote;
  const amounts = ({ median, least, most, samples }: Spread, places: number): string =>
    `${asset.format(median, places)} (${asset.format(least, places)} … ${asset.format(most, places)}, ${samples} of late)`;
  const seconds = ({ median, least, most, samples }: Spread): string =>
    `${median} s (${least} … ${most} s, ${samples} jobs of this model)`;
  const lines: readonly (readonly [string, string])[] = [
    ['proofs', `${quote.slices} slices${quote.audits === 0 ? '' : `, and ${quote.audits} that are drawn`}`],
    ['at most', `${asset.format(quote.most)} are held until the job ends; what isn't spent returns`],
    [
      'expected',
      quote.expected === undefined
        ? quote.tooLow
          ? 'more than is offered: it may find nobody'
          : 'not known: nothing like it was paid of late'
        : `${asset.format(quote.expected, 6)} at recent prices (from the ${recent.from})`,
    ],
    [
      'unit price',
      // Of a constraint: a small part of what people count in.
      recent.unitPrice ? `${amounts(recent.unitPrice, 15)} a constraint` : 'nothing was bid of late',
    ],
    ['execution', recent.executionPrice ? amounts(recent.executionPrice, 6) : 'no job of this model of late'],
    ['time', recent.seconds ? seconds(recent.seconds) : 'no job of this model of late'],
    ...(quote.deposit === undefined
      ? []
      : [
          [
            'deposit',
            quote.deposit === 0n
              ? 'none: the ledger has enough'
              : `${asset.format(quote.deposit)} from the wallet`,
          ] as const,
        ]),
    [
      'gas',
      gas === undefined ? 'not known' : `about ${gas.used} (${formatEther(gas.cost)} of the chain’s coin)`,
    ],
  ];
  return lines.map(([name, value]) => `${name.padEnd(11)}${value}\n`).join('');
}
