import { hexlify, randomBytes } from 'ethers';
import { submissionOf, type HandedBid, type SignedBid } from '../../../protocol/bid-submission.ts';
import { maskOf } from '../../../protocol/contracts/masks.ts';
import { signBid } from '../../../protocol/contracts/signed-bid.ts';
import { submissionAnswerSchema, type SubmissionAnswer } from '../../../protocol/proof-submission.ts';
import { hashTrace } from '../../../protocol/settlement/trace-hash.ts';
import type { PostedJob, World } from './world.ts';

/** A bid of an account's on slices of a job, valid for an hour, signed by it unless another is named. */
export async function signedBidOf(
  world: World,
  { jobId, trace }: PostedJob,
  account: number,
  {
    slices = [0],
    ...change
  }: Partial<Omit<HandedBid, 'slices'>> & { readonly slices?: readonly number[] } = {},
  by = account,
): Promise<HandedBid> {
  const block = await world.chain.provider.getBlock('latest');
  return signBid(world.chain.wallet(by), world.deployment, {
    prover: world.addressOf(account),
    signer: world.addressOf(by),
    jobId,
    traceHash: hashTrace(trace),
    slices: maskOf(slices),
    unitPrice: 1000n,
    nonce: BigInt(hexlify(randomBytes(32))),
    validUntil: BigInt((block?.timestamp ?? 0) + 3_600),
    ...change,
  });
}

/** Hands in anything; the status and the answer. */
export async function submitBid(
  url: string,
  bid: unknown,
): Promise<{ readonly status: number; readonly answer: SubmissionAnswer }> {
  const response = await fetch(`${url}/bids`, {
    method: 'POST',
    body: typeof bid === 'string' ? bid : JSON.stringify(bid),
  });
  return { status: response.status, answer: submissionAnswerSchema.parse(await response.json()) };
}

export const handIn = (url: string, bid: HandedBid): ReturnType<typeof submitBid> =>
  submitBid(url, submissionOf(bid));

export async function bidsAt(url: string, jobId: string): Promise<readonly SignedBid[]> {
  return (await (await fetch(`${url}/bids/${jobId}`)).json()) as readonly SignedBid[];
}
