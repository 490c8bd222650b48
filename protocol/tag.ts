import { AbiCoder, keccak256 } from 'ethers';
import { SCALAR_FIELD } from './commitment/commit.ts';

/** For whom and for what a proof is made. */
export interface TagOf {
  readonly chainId: bigint;
  /** The SliceMarket's address. */
  readonly market: string;
  readonly jobId: string;
  /** Index of the slice in its model. */
  readonly slice: number;
  /** The account that is paid. */
  readonly prover: string;
}

/**
 * The last public signal of every circuit: a proof copied from the mempool pays the prover it names, and can't
 * be paid in another job, slice, chain or contract. Equal to `signalsOf` of SliceMarket.
 */
export function tagOf({ chainId, market, jobId, slice, prover }: TagOf): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['uint256', 'address', 'bytes32', 'uint256', 'address'],
    [chainId, market, jobId, slice, prover],
  );
  return BigInt(keccak256(encoded)) % SCALAR_FIELD;
}
