import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { JOB_REQUEST_TYPES } from '../../../protocol/contracts/signed-request.ts';
import type { World } from './world.ts';

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
