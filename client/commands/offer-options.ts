import { getAddress, isAddress } from 'ethers';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { amount, expectId, sliceIndices, wholeNumber } from '../../protocol/terminal/arguments.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { readPolicyFile } from '../jobs/policy-file.ts';
import type { PublishedManifest } from '../jobs/read-model.ts';
import type { JobTerms } from '../jobs/request.ts';
import { marketCommand } from './common.ts';

/** A command that takes all that a request says but its input. */
export function offerCommand(name: string, summary: string) {
  return marketCommand(name, summary)
    .requiredOption('--model <id>', 'the model, by its id on chain', expectId)
    .option('--min-unit-price <amount>', 'where the price of a constraint starts', amount, '0.000001')
    .option('--max-unit-price <amount>', 'where its ramp ends', amount, '0.0001')
    .option('--max-execution-price <amount>', 'the most that running the model may cost', amount, '1')
    .option('--settle-tip <amount>', 'paid to whoever settles, a slice', amount, '0.01')
    .option('--ramp <seconds>', 'how long prices rise; default 20', wholeNumber())
    .option(
      '--bid-window <seconds>',
      'how long a bid may be undercut; 0: it wins at once; default 4',
      wholeNumber(),
    )
    .option(
      '--prove-seconds <seconds>',
      'how long the holder of a slice has for its proof; default 120',
      wholeNumber(1),
    )
    .option('--job-seconds <seconds>', 'from the trace to the deadline; default 900', wholeNumber(1))
    .option(
      '--slices <indices>',
      'slices to prove, separated by commas; left out: every provable one',
      sliceIndices,
    )
    .option(
      '--audits <number>',
      'how many of the other slices to have drawn and proved too',
      wholeNumber(0, 256),
    )
    .option(
      '--contestable <indices>',
      'slices that may be drawn or challenged, separated by commas; left out: every other provable one',
      sliceIndices,
    )
    .option('--policy <file>', 'slices and audits as `model plan --policy … --json` wrote them')
    .option(
      '--challenge <seconds>',
      'how long anyone may challenge a slice after the trace; default 0: nobody may',
      wholeNumber(),
    )
    .option('--commitment-only', 'keep the output’s values off the chain')
    .option('--only <accounts>', 'who may execute and prove, separated by commas', addresses)
    .option('--except <accounts>', 'who may not', addresses)
    .option('--min-record <slices>', 'paid slices that whoever executes or proves must have', wholeNumber())
    .option(
      '--admission <contract>',
      'another admission contract, which says who may execute and prove',
      address,
    )
    .option('--admission-data <bytes>', 'what it is told: 32 bytes', expectId);
}

/** What commander gives of the flags of {@link offerCommand}. */
export type OfferFlags = ReturnType<ReturnType<typeof offerCommand>['opts']>;

/** @throws ClientError ACCOUNTS_MALFORMED, ADMISSION_UNCLEAR, POLICY_TWICE, POLICY_FILE; BadInputError AMOUNT_MALFORMED */
export async function termsOf(
  { asset }: Pick<Client, 'asset'>,
  published: PublishedManifest,
  flags: OfferFlags,
): Promise<JobTerms> {
  return {
    published,
    offer: {
      minUnitPrice: asset.parse(flags.minUnitPrice),
      maxUnitPrice: asset.parse(flags.maxUnitPrice),
      maxExecutionPrice: asset.parse(flags.maxExecutionPrice),
      settleTip: asset.parse(flags.settleTip),
      rampSeconds: flags.ramp,
      bidWindow: flags.bidWindow,
      proveSeconds: flags.proveSeconds,
      jobSeconds: flags.jobSeconds,
    },
    ...(await slicesOf(flags)),
    contestable: flags.contestable,
    challengeSeconds: flags.challenge,
    outputCommitmentOnly: flags.commitmentOnly,
    ...admissionOf(flags),
  };
}

function admissionOf({ only, except, minRecord, admission, admissionData }: OfferFlags): Partial<JobTerms> {
  const listed = only !== undefined || except !== undefined || minRecord !== undefined;
  if (admission === undefined ? admissionData !== undefined : listed) {
    throw new ClientError(
      'ADMISSION_UNCLEAR',
      'expected --admission with or without --admission-data, or a list: --only or --except, and --min-record',
    );
  }
  if (admission !== undefined) return { admission: { hook: admission, data: admissionData } };
  if (!listed) return {};
  if (only !== undefined && except !== undefined) {
    throw new ClientError('ACCOUNTS_MALFORMED', 'expected --only or --except, not both');
  }
  return { admission: { accounts: only ?? except ?? [], excluded: except !== undefined, minRecord } };
}

async function slicesOf({
  slices,
  audits,
  policy,
}: OfferFlags): Promise<{ readonly required?: readonly number[]; readonly audits?: number }> {
  if (policy === undefined) return { required: slices, audits };
  if (slices === undefined && audits === undefined) return readPolicyFile(policy);
  throw new ClientError('POLICY_TWICE', 'a policy says which slices and how many audits: give it alone', {
    hint: 'Leave out --slices and --audits, or --policy.',
  });
}

/** An argument that is an address. */
export function address(text: string): string {
  if (isAddress(text.trim())) return getAddress(text.trim());
  throw new InvalidArgumentError('Expected an address, 0x and 40 hexadecimal digits.');
}

function addresses(text: string): string[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(address);
}
