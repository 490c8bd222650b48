import { getAddress, hexlify, randomBytes as secureRandomBytes } from 'ethers';
import { z } from 'zod';
import { bitsOf, maskOf } from '../../protocol/contracts/masks.ts';
import { handedBid, signedBidSchema, submissionOf, type SignedBid } from '../../protocol/bid-submission.ts';
import { outcomesOf } from '../../protocol/contracts/brought-bids.ts';
import { signBid as signBidOf } from '../../protocol/contracts/signed-bid.ts';
import { JOB_STATES, type BidRefusal } from '../../protocol/contracts/states.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { cancelNonce } from './cancel-nonce.ts';
import { jobStatus } from './job-status.ts';

export type { SignedBid };

export interface BidToSign {
  readonly jobId: string;
  /** Numbers of slices. Left out: all that have to be proved. */
  readonly slices?: readonly number[] | undefined;
  /** In 10^-18 of the asset a constraint. */
  readonly unitPrice: bigint;
  /** Seconds from the chain's last block on in which it may be brought. */
  readonly validSeconds: number;
  /** Whose balance it binds, where that isn't the acting account's: it has named this its operator. */
  readonly prover?: string | undefined;
  readonly randomBytes?: (length: number) => Uint8Array;
}

/** What became of a bid that was brought. */
export interface BroughtBid {
  readonly jobId: string;
  readonly prover: string;
  /** Numbers of the slices that are the prover's now. */
  readonly taken: readonly number[];
  /** Why there are none. */
  readonly refused: BidRefusal | undefined;
}

/**
 * Signs a bid instead of sending it: whoever has what this returns can bring it, and the prover needs no gas. Sign for a
 * trace that was checked alone: a slice that can't be proved costs its collateral.
 * @throws ClientError JOB_UNKNOWN, JOB_NOT_TRACED
 */
export async function signBid(client: Client, wish: BidToSign): Promise<SignedBid> {
  const { contracts, provider, sender } = client;
  const { randomBytes = secureRandomBytes, prover = sender.address } = wish;
  await jobStatus(client, wish.jobId);
  const [job, head] = await Promise.all([contracts.market.jobOf(wish.jobId), provider.getBlock('latest')]);
  const state = JOB_STATES[Number(job.state)];
  if (state !== 'traced' || head === null) {
    throw new ClientError(
      'JOB_NOT_TRACED',
      `expected a job with a trace to bid on, ${wish.jobId} is ${state}`,
      { retryable: state === 'posted' || state === 'claimed' },
    );
  }
  const signed = await signBidOf(sender.wallet, contracts.deployment, {
    prover: getAddress(prover),
    signer: sender.address,
    jobId: wish.jobId,
    traceHash: job.traceHash,
    slices: wish.slices ? maskOf(wish.slices) : job.due,
    unitPrice: wish.unitPrice,
    nonce: BigInt(hexlify(randomBytes(32))),
    validUntil: BigInt(head.timestamp + wish.validSeconds),
  });
  return submissionOf(signed);
}

/**
 * Brings bids that others signed, in one transaction, with this account's gas. One that takes nothing keeps none of the others
 * from counting.
 * @returns what became of each, in their order
 * @throws ClientError SIGNED_BID_MALFORMED
 */
export async function bringBids(client: Client, bids: readonly unknown[]): Promise<readonly BroughtBid[]> {
  const { contracts, sender } = client;
  const parsed = bids.map(parseSignedBid).map(handedBid);
  const receipt = await sender.send('bring-bids', () =>
    contracts.market.bidSigned.populateTransaction(parsed),
  );
  return outcomesOf(contracts.market.interface, receipt.logs).map(({ jobId, prover, taken, refused }) => ({
    jobId,
    prover,
    taken: bitsOf(taken),
    refused,
  }));
}

/**
 * Uses up the nonce of a bid that the acting account signed: its signature is worth nothing then.
 * @throws ClientError SIGNED_BID_MALFORMED, NOT_SIGNER; ChainError CHAIN_REVERTED: NonceAlreadyUsed when it was brought or cancelled
 */
export async function cancelSignedBid(client: Client, bid: unknown): Promise<{ readonly nonce: bigint }> {
  const { signer, nonce } = parseSignedBid(bid).bid;
  return cancelNonce(client, signer, nonce);
}

/** @throws ClientError SIGNED_BID_MALFORMED */
function parseSignedBid(bid: unknown): z.output<typeof signedBidSchema> {
  const parsed = signedBidSchema.safeParse(bid);
  if (parsed.success) return parsed.data;
  throw new ClientError('SIGNED_BID_MALFORMED', `expected a signed bid: ${z.prettifyError(parsed.error)}`);
}
