import { verifyTypedData, type Signer } from 'ethers';
import { sameAddress } from '../chain/same-address.ts';
import type { Deployment } from './deployment.ts';
import type { SignedBidStruct } from './generated/interfaces/ISliceMarket.ts';
import { domainOf } from './signed-request.ts';

/** EIP-712 types of a bid that somebody else brings, as SignedBids hashes them. */
export const SIGNED_BID_TYPES = {
  SignedBid: [
    { name: 'prover', type: 'address' },
    { name: 'signer', type: 'address' },
    { name: 'jobId', type: 'bytes32' },
    { name: 'traceHash', type: 'bytes32' },
    { name: 'slices', type: 'uint256' },
    { name: 'unitPrice', type: 'uint64' },
    { name: 'nonce', type: 'uint256' },
    { name: 'validUntil', type: 'uint40' },
  ],
};

/** What a prover, or an operator of it, signs. */
export type UnsignedBid = Omit<SignedBidStruct, 'signature'>;

/** A bid for `bidSigned` of the deployment's market, by the key of its `signer`. */
export async function signBid<Bid extends UnsignedBid>(
  signer: Pick<Signer, 'signTypedData'>,
  deployment: Deployment,
  bid: Bid,
): Promise<Bid & { readonly signature: string }> {
  const signature = await signer.signTypedData(domainOf(deployment), SIGNED_BID_TYPES, bid);
  return { ...bid, signature };
}

/** Whether the key of a bid's `signer` signed it for the deployment's market. */
export function isSignedByKey(
  deployment: Deployment,
  { signature, ...bid }: UnsignedBid & { readonly signer: string; readonly signature: string },
): boolean {
  try {
    return sameAddress(verifyTypedData(domainOf(deployment), SIGNED_BID_TYPES, bid, signature), bid.signer);
  } catch {
    // Its bytes are no signature, or its signer no address.
    return false;
  }
}
