import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { ZeroHash } from 'ethers';
import type { Deployment } from '../../../protocol/contracts/deployment.ts';
import { SIGNED_BID_TYPES } from '../../../protocol/contracts/signed-bid.ts';
import { JOB_REQUEST_TYPES } from '../../../protocol/contracts/signed-request.ts';
import { PROVABLE, TRACE_HASH, UNIT, type World } from './world.ts';

/** The fields of the domain that a market's signatures are bound to. */
export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: string;
}

export function domainOf(w: World): Domain {
  return {
    name: 'sliceproof SliceMarket',
    version: '1',
    chainId: w.chainId,
    verifyingContract: w.addresses.market,
  };
}

export type Request = ReturnType<World['request']>;

/** A signature of a request, by its requester for this market unless something else is named. */
export function sign(
  w: World,
  request: Request,
  signer: HardhatEthersSigner = w.requester,
  domain: Partial<Domain> = {},
): Promise<string> {
  return signer.signTypedData({ ...domainOf(w), ...domain }, JOB_REQUEST_TYPES, request);
}

/** Why a signed bid took nothing, as the contracts number it. */
export const BidRefusal = {
  Outdated: 0n,
  NonceUsed: 1n,
  NotOperator: 2n,
  InvalidSignature: 3n,
  TooLittleFree: 4n,
  NothingToTake: 5n,
  NotAdmitted: 6n,
} as const;

/** An operator's that keep it from nothing. */
export const FREE_LIMITS = [2n ** 100n, 2n ** 100n] as const;

/** What a bid says, for all that can be proved at the lowest price, unless something else is named. */
export function bidOf(signer: HardhatEthersSigner, change: Partial<Bid> = {}): Bid {
  return {
    prover: signer.address,
    signer: signer.address,
    jobId: ZeroHash,
    traceHash: TRACE_HASH,
    slices: PROVABLE,
    unitPrice: UNIT,
    nonce: 0n,
    validUntil: 2n ** 40n - 1n,
    ...change,
  };
}

interface Bid {
  readonly prover: string;
  readonly signer: string;
  readonly jobId: string;
  readonly traceHash: string;
  readonly slices: bigint;
  readonly unitPrice: bigint;
  readonly nonce: bigint;
  readonly validUntil: bigint;
}

export type SignedBid = Bid & { readonly signature: string };

/** A bid that somebody signed, for this market unless something else is named. */
export async function signedBid(
  w: World,
  signer: HardhatEthersSigner,
  change: Partial<Bid>,
  domain: Partial<Domain> = {},
): Promise<SignedBid> {
  const bid = bidOf(signer, change);
  const signature = await signer.signTypedData({ ...domainOf(w), ...domain }, SIGNED_BID_TYPES, bid);
  return { ...bid, signature };
}

/** A market's deployment, as every side reads it. */
export function deploymentOf(w: World): Deployment {
  return { chainId: Number(w.chainId), block: 0, addresses: w.addresses };
}
