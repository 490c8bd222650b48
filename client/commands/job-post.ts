import type { Command } from '@commander-js/extra-typings';
import { isAddress } from 'ethers';
import { expectId } from '../../protocol/terminal/arguments.ts';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { ClientError } from '../errors.ts';
import { readPolicyFile } from '../jobs/policy-file.ts';
import { postJob, type PostedJob } from '../jobs/post-job.ts';
import type { JobToPost } from '../jobs/request.ts';
import { signJob, type SignedJob } from '../jobs/signed-job.ts';
import { jobInputs, readInputs } from '../../protocol/inputs/read-inputs.ts';
import { readPublishedModel } from '../jobs/read-model.ts';
import { marketCommand, wholeNumber, withClient } from './common.ts';

/** `sliceproof job post` */
export function postCommand(): Command {
  return marketCommand('post', 'post an inference job for each input')
    .description(
      'Commits to an input, puts it into the store, escrows the most that the job can cost and posts it. ' +
        'Amounts are in units of the market’s asset.',
    )
    .requiredOption('--model <id>', 'the model, by its id on chain', expectId)
    .requiredOption(
      '--input <files...>',
      'images (PNG, JPEG), .npy, .npz, .csv or .json files; one job each; for a model of several inputs name=file of each, ' +
        'or one .json or .npz file with all of them',
    )
    .option('--min-unit-price <amount>', 'where the price of a thousand constraints starts', '0.001')
    .option('--max-unit-price <amount>', 'where its ramp ends', '0.1')
    .option('--max-execution-price <amount>', 'the most that running the model may cost', '1')
    .option('--settle-tip <amount>', 'paid to whoever settles, a slice', '0.01')
    .option('--ramp <seconds>', 'how long prices rise; default 20', wholeNumber)
    .option(
      '--bid-window <seconds>',
      'how long a bid may be undercut; 0: it wins at once; default 4',
      wholeNumber,
    )
    .option(
      '--prove-seconds <seconds>',
      'how long the holder of a slice has for its proof; default 120',
      wholeNumber,
    )
    .option('--job-seconds <seconds>', 'from the trace to the deadline; default 900', wholeNumber)
    .option('--slices <indices>', 'slices to prove, separated by commas; left out: every provable one')
    .option('--audits <number>', 'how many of the other slices to have drawn and proved too', wholeNumber)
    .option('--policy <file>', 'slices and audits as `model plan --policy … --json` wrote them')
    .option(
      '--challenge <seconds>',
      'how long anyone may challenge a slice after the trace; default 0: nobody may',
      wholeNumber,
    )
    .option('--commitment-only', 'keep the output’s values off the chain')
    .option('--consumer <address>', 'a contract that is called with the result')
    .option('--consumer-gas <gas>', 'what it is given, at most 500000', wholeNumber)
    .option('--only <accounts>', 'who may execute and prove, separated by commas')
    .option('--except <accounts>', 'who may not')
    .option('--min-record <slices>', 'paid slices that whoever executes or proves must have', wholeNumber)
    .option(
      '--sign-only',
      'print the signed request as JSON instead of posting it: `sliceproof job post-signed` posts it for anyone',
    )
    .option('--no-deposit', 'fail when the ledger lacks money instead of depositing what is missing')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof job post --model 0x… --input examples/digits/images/7-0.png
  $ sliceproof job post --model 0x… --input *.png --max-unit-price 0.05 --json
  $ sliceproof job post --model 0x… --input image=photo.png question=words.npy`,
    )
    .action(async (options) =>
      withClient(options, async (client, output) => {
        const published = await readPublishedModel(client, options.model);
        const { asset } = client;
        const asked = await slicesOf(options);
        const posted: (PostedJob & { input: string })[] = [];
        const signed: SignedJob[] = [];
        for (const { label, files } of jobInputs(published.manifest, options.input)) {
          const wanted: JobToPost = {
            published,
            inputs: await readInputs(published.manifest, files),
            offer: {
              minUnitPrice: asset.parse(options.minUnitPrice),
              maxUnitPrice: asset.parse(options.maxUnitPrice),
              maxExecutionPrice: asset.parse(options.maxExecutionPrice),
              settleTip: asset.parse(options.settleTip),
              rampSeconds: options.ramp,
              bidWindow: options.bidWindow,
              proveSeconds: options.proveSeconds,
              jobSeconds: options.jobSeconds,
            },
            ...asked,
            challengeSeconds: options.challenge,
            outputCommitmentOnly: options.commitmentOnly,
            ...consumerOf(options),
            ...admissionOf(options),
            deposit: options.deposit,
          };
          if (options.signOnly) signed.push(await signJob(client, wanted));
          else posted.push({ input: label, ...(await postJob(client, wanted)) });
        }
        if (options.signOnly) return printJson(output, signed);
        if (output.json) return printJson(output, posted);
        printTable(
          output,
          ['input', 'job', 'escrow'],
          posted.map(({ input, jobId, escrow }) => [input, jobId, asset.format(escrow)]),
        );
      }),
    );
}

function consumerOf({
  consumer,
  consumerGas,
}: {
  consumer?: string;
  consumerGas?: number;
}): Partial<JobToPost> {
  if (consumer === undefined && consumerGas === undefined) return {};
  if (consumer !== undefined && isAddress(consumer) && consumerGas !== undefined) {
    return { consumer: { address: consumer, gas: consumerGas } };
  }
  throw new ClientError(
    'CONSUMER_MALFORMED',
    'expected an address as --consumer together with --consumer-gas',
  );
}

function admissionOf(options: { only?: string; except?: string; minRecord?: number }): Partial<JobToPost> {
  const { only, except, minRecord } = options;
  if (only === undefined && except === undefined && minRecord === undefined) return {};
  const accounts = (only ?? except ?? '').split(',').filter((account) => account !== '');
  if ((only !== undefined && except !== undefined) || !accounts.every((account) => isAddress(account))) {
    throw new ClientError(
      'ACCOUNTS_MALFORMED',
      'expected addresses, separated by commas, as --only or --except',
    );
  }
  return { admission: { accounts, excluded: except !== undefined, minRecord } };
}

async function slicesOf({
  slices,
  audits,
  policy,
}: {
  readonly slices?: string;
  readonly audits?: number;
  readonly policy?: string;
}): Promise<{ readonly required?: readonly number[]; readonly audits?: number }> {
  if (audits !== undefined && !(audits <= 256)) {
    throw new ClientError('AUDITS_MALFORMED', 'expected a number of audits, at most 256');
  }
  if (policy === undefined) return { required: sliceIndices(slices), audits };
  if (slices === undefined && audits === undefined) return readPolicyFile(policy);
  throw new ClientError('POLICY_TWICE', 'a policy says which slices and how many audits: give it alone', {
    hint: 'Leave out --slices and --audits, or --policy.',
  });
}

function sliceIndices(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const indices = text.split(',').map((part) => wholeNumber(part.trim()));
  if (indices.some((index) => !(index < 256))) {
    throw new ClientError('SLICES_MALFORMED', `expected slice indices separated by commas, got ${text}`);
  }
  return indices;
}
