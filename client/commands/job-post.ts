import type { Command } from '@commander-js/extra-typings';
import { jobInputs, readInputs } from '../../protocol/inputs/read-inputs.ts';
import { amount } from '../../protocol/terminal/arguments.ts';
import { confirm, isInteractive, terminal } from '../../protocol/terminal/confirm.ts';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { postJob, type PostedJob } from '../jobs/post-job.ts';
import { expectWithin, quoteJob } from '../jobs/quote.ts';
import { readPublishedModel } from '../jobs/read-model.ts';
import type { JobTerms, JobToPost } from '../jobs/request.ts';
import { signJob, type SignedJob } from '../jobs/signed-job.ts';
import { withClient } from './common.ts';
import { offerCommand, termsOf } from './offer-options.ts';
import { quoteLines } from './job-quote.ts';

/** `sliceproof job post` */
export function postCommand(): Command {
  return offerCommand('post', 'post an inference job for each input')
    .description(
      'Commits to an input, puts it into the store, escrows the most that the job can cost and posts it. ' +
        'Amounts are in units of the market’s asset. On a terminal it says what that is, and asks. Nothing is deposited ' +
        'before every input is read and the market would take the whole request.',
    )
    .requiredOption(
      '--input <files...>',
      'images (PNG, JPEG), .npy, .npz, .csv or .json files; one job each; for a model of several inputs name=file of each, ' +
        'or one .json or .npz file with all of them',
    )
    .option('--public-input', 'let anybody fetch the input, not only those with a stake in the job')
    .option('--max-cost <amount>', 'post nothing if all jobs together can cost more', amount)
    .option('-y, --yes', 'post without asking')
    .option(
      '--sign-only',
      'print the signed request as JSON instead of posting it: `sliceproof job post-signed` posts it for anyone',
    )
    .option(
      '--coins',
      'take what the ledger lacks out of the chain’s coins, where the market’s asset is that coin, wrapped',
    )
    .option('--no-deposit', 'fail when the ledger lacks money instead of depositing what is missing')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof job post --model 0x… --input examples/digits/images/7-0.png
  $ sliceproof job post --model 0x… --input *.png --max-unit-price 0.00005 --max-cost 20 --json
  $ sliceproof job post --model 0x… --input image=photo.png question=words.npy`,
    )
    .action(async (options) =>
      withClient(options, async (client, output) => {
        const { asset } = client;
        const published = await readPublishedModel(client, options.model);
        const terms = await termsOf(client, published, options);
        const limit = options.maxCost === undefined ? undefined : asset.parse(options.maxCost);
        const wanted: (JobToPost & { readonly label: string })[] = [];
        for (const { label, files } of jobInputs(published.manifest, options.input)) {
          const inputs = await readInputs(published.manifest, files);
          wanted.push({
            ...terms,
            inputs,
            publicInputs: options.publicInput ?? false,
            deposit: options.coins ? 'coins' : options.deposit,
            label,
          });
        }
        const asks = options.yes !== true && !output.json && isInteractive(terminal);
        await expectWanted(client, terms, wanted.length, { asks, limit });
        if (options.signOnly) {
          const signed: SignedJob[] = [];
          for (const job of wanted) signed.push(await signJob(client, job));
          return printJson(output, signed);
        }
        const posted: (PostedJob & { input: string })[] = [];
        for (const job of wanted) posted.push({ input: job.label, ...(await postJob(client, job)) });
        if (output.json) return printJson(output, posted);
        printTable(
          output,
          ['input', 'job', 'escrow'],
          posted.map(({ input, jobId, escrow }) => [input, jobId, asset.format(escrow)]),
        );
      }),
    );
}

/** Says what the jobs would cost and asks, where somebody is there; refuses what could cost more than is wanted. */
async function expectWanted(
  client: Client,
  terms: JobTerms,
  jobs: number,
  { asks, limit }: { readonly asks: boolean; readonly limit: bigint | undefined },
): Promise<void> {
  if (!asks && limit === undefined) return;
  const quote = await quoteJob(client, terms);
  expectWithin(client, quote, jobs, limit);
  if (!asks) return;
  terminal.output.write(quoteLines(client, quote));
  const what = jobs === 1 ? 'Post the job?' : `Post ${jobs} such jobs?`;
  if (!(await confirm(terminal, what))) throw new ClientError('POST_DECLINED', 'nothing was posted');
}
