import { randomBytes, ZeroHash } from 'ethers';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { lackingFor } from './lacking.ts';
import { recentPrices, type RecentPrices, type Spread } from './market-prices.ts';
import { parseOffer } from './offer.ts';
import { escrowOf, requestOf, type JobTerms } from './request.ts';

/** What a job would cost, before anything is signed. Amounts in 10^-18 of the asset. */
export interface JobQuote {
  readonly modelId: string;
  /** How many slices are proved for certain, and how many are drawn besides. */
  readonly slices: number;
  readonly audits: number;
  /** What the market holds until the job ends: it can't cost more. */
  readonly most: bigint;
  /** What it would have cost at recent prices; undefined: there are none, or they are above the offer. */
  readonly expected: bigint | undefined;
  /** Recent prices are above the most that is offered: it may find nobody. */
  readonly tooLow: boolean;
  /** What the ledger lacks for it and would be deposited; undefined: no account acts. */
  readonly deposit: bigint | undefined;
  readonly recent: RecentPrices;
  /** Of the network, for posting alone: gas, and its price in the chain's own coin. */
  readonly gas: { readonly used: bigint; readonly cost: bigint } | undefined;
}

/** Nobody: what only reads asks in its name. */
const NOBODY = `0x${'0'.repeat(39)}1`;

/**
 * What a job would cost. The market is asked about the whole request, with inputs of nothing, so what it would refuse is
 * known before there is an input.
 * @throws ClientError OFFER_MALFORMED; ChainError CHAIN_REVERTED with the market's reason
 */
export async function quoteJob(client: Client, job: JobTerms): Promise<JobQuote> {
  const { contracts, canSend } = client;
  const { published } = job;
  const requester = canSend ? client.sender.address : NOBODY;
  const inputs = Array.from({ length: published.model.inputCount }, () => 0n);
  const request = await requestOf(client, requester, job, inputs, ZeroHash, randomBytes);
  const lacking = await lackingFor(contracts.market.post.staticCall(request, '0x', { from: requester }));
  const recent = await recentPrices(client, published.model.modelId);
  const offer = parseOffer(job.offer);
  const { weight, slices } = weightOf(job);
  const unit = within(recent.unitPrice, offer.minUnitPrice, offer.maxUnitPrice);
  const run = within(recent.executionPrice, offer.minExecutionPrice, offer.maxExecutionPrice);
  const audits = job.audits ?? 0;
  return {
    modelId: published.model.modelId,
    slices,
    audits,
    most: escrowOf(published, request),
    expected:
      unit === undefined || run === undefined
        ? undefined
        : unit * weight + run + BigInt(slices + audits) * offer.settleTip,
    tooLow:
      (recent.unitPrice !== undefined && unit === undefined) ||
      (recent.executionPrice !== undefined && run === undefined),
    deposit: canSend ? lacking : undefined,
    recent,
    gas: await gasOfPosting(client),
  };
}

/** The constraints that will be proved: the required slices', and of the others' the mean for each draw. */
function weightOf({ published, required, audits = 0, contestable = [] }: JobTerms): {
  weight: bigint;
  slices: number;
} {
  const provable = published.model.slices.flatMap(({ weight }, slice) =>
    weight > 0 ? [{ weight, slice }] : [],
  );
  const asked = (slice: number): boolean => required === undefined || required.includes(slice);
  const sum = (list: typeof provable): number => list.reduce((total, { weight }) => total + weight, 0);
  const certain = provable.filter(({ slice }) => asked(slice));
  const drawable = (slice: number): boolean => contestable.length === 0 || contestable.includes(slice);
  const others = provable.filter(({ slice }) => !asked(slice) && drawable(slice));
  const drawn = others.length === 0 ? 0 : (audits * sum(others)) / others.length;
  return { weight: BigInt(Math.round(sum(certain) + drawn)), slices: certain.length };
}

/** The usual price, where the offer spans it; at least what the offer starts with. */
function within(spread: Spread | undefined, least: bigint, most: bigint): bigint | undefined {
  if (spread === undefined || spread.median > most) return undefined;
  return spread.median < least ? least : spread.median;
}

/** As much as the last job that anybody posted. */
async function gasOfPosting({ provider, contracts }: Client): Promise<JobQuote['gas']> {
  const { market, deployment } = contracts;
  const head = await provider.getBlockNumber();
  const posted = await market.queryFilter(
    market.filters.JobPosted(),
    Math.max(deployment.block, head - 2_000),
    head,
  );
  const last = posted.at(-1);
  if (last === undefined) return undefined;
  const [receipt, fees] = await Promise.all([
    provider.getTransactionReceipt(last.transactionHash),
    provider.getFeeData(),
  ]);
  if (!receipt) return undefined;
  return { used: receipt.gasUsed, cost: receipt.gasUsed * (fees.gasPrice ?? receipt.gasPrice) };
}

/**
 * Refuses what could cost more than is wanted, before anything is sent.
 * @throws ClientError COST_ABOVE_LIMIT
 */
export function expectWithin(
  { asset }: Pick<Client, 'asset'>,
  { most }: Pick<JobQuote, 'most'>,
  jobs: number,
  limit: bigint | undefined,
): void {
  const total = most * BigInt(jobs);
  if (limit === undefined || total <= limit) return;
  throw new ClientError(
    'COST_ABOVE_LIMIT',
    `${jobs === 1 ? 'the job' : `the ${jobs} jobs`} can cost ${asset.format(total)}, more than the ${asset.format(limit)} of --max-cost`,
    { hint: 'Offer less, ask for fewer proofs, or raise --max-cost.', details: { most: total, limit } },
  );
}
