import { AbiCoder, concat, keccak256 } from 'ethers';
import type { Deployment } from './deployment.ts';
import { ISliceMarket__factory } from './generated/factories/interfaces/ISliceMarket__factory.ts';
import type { JobRequestStruct } from './generated/interfaces/ISliceMarket.ts';

const REQUEST = ISliceMarket__factory.createInterface().getFunction('post').inputs[0];

/** Where a request is posted: what its id binds it to. */
export type Posting = Pick<Deployment, 'chainId'> & {
  readonly addresses: Pick<Deployment['addresses'], 'market'>;
};

/**
 * The id of a request, which its trace comes with: 32 bytes as hex. What came from a chain or is checked: no promises, no
 * names in an address' place.
 */
export function requestIdOf({ chainId, addresses }: Posting, request: JobRequestStruct): string {
  const coder = AbiCoder.defaultAbiCoder();
  return keccak256(
    coder.encode(
      ['uint256', 'address', 'address', 'uint256', 'bytes32'],
      [
        chainId,
        addresses.market,
        request.requester,
        request.nonce,
        keccak256(coder.encode([REQUEST], [request])),
      ],
    ),
  );
}

/** The id of a request's job, as {@link ISliceMarket.post} says: the request's id, and its inputs' commitments. */
export function jobIdOf(posting: Posting, request: JobRequestStruct): string {
  return keccak256(concat([requestIdOf(posting, request), keccak256(concat(request.inputs))]));
}
