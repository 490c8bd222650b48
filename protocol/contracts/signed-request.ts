import type { Signer, TypedDataDomain } from 'ethers';
import type { Deployment } from './deployment.ts';
import type { JobRequestStruct } from './generated/interfaces/ISliceMarket.ts';

/** EIP-712 types of a request that somebody else posts, as SignedRequests hashes them. */
export const JOB_REQUEST_TYPES = {
  JobRequest: [
    { name: 'requester', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'modelId', type: 'bytes32' },
    { name: 'inputs', type: 'bytes32[]' },
    { name: 'inputDigest', type: 'bytes32' },
    { name: 'required', type: 'uint256' },
    { name: 'audits', type: 'uint16' },
    { name: 'contestable', type: 'uint256' },
    { name: 'offer', type: 'Offer' },
    { name: 'execution', type: 'ExecutionOffer' },
    { name: 'jobSeconds', type: 'uint32' },
    { name: 'challengeSeconds', type: 'uint32' },
    { name: 'maxFeeBps', type: 'uint16' },
    { name: 'validUntil', type: 'uint40' },
    { name: 'outputCommitmentOnly', type: 'bool' },
    { name: 'admission', type: 'Admission' },
  ],
  Admission: [
    { name: 'hook', type: 'address' },
    { name: 'data', type: 'bytes32' },
  ],
  ExecutionOffer: [
    { name: 'minPrice', type: 'uint96' },
    { name: 'maxPrice', type: 'uint96' },
    { name: 'rampSeconds', type: 'uint32' },
    { name: 'commitSeconds', type: 'uint32' },
  ],
  Offer: [
    { name: 'minUnitPrice', type: 'uint64' },
    { name: 'maxUnitPrice', type: 'uint64' },
    { name: 'rampSeconds', type: 'uint32' },
    { name: 'bidWindow', type: 'uint32' },
    { name: 'proveSeconds', type: 'uint32' },
    { name: 'minUndercutBps', type: 'uint16' },
    { name: 'collateralBps', type: 'uint16' },
    { name: 'settleTip', type: 'uint96' },
  ],
};

/** A requester's signature under a request, for `postSigned` of the deployment's market. */
export function signRequest(
  signer: Pick<Signer, 'signTypedData'>,
  deployment: Deployment,
  request: JobRequestStruct,
): Promise<string> {
  return signer.signTypedData(domainOf(deployment), JOB_REQUEST_TYPES, request);
}

/** What binds a signature to one market. */
export function domainOf({ chainId, addresses }: Deployment): TypedDataDomain {
  return { name: 'sliceproof SliceMarket', version: '1', chainId, verifyingContract: addresses.market };
}
