import { AbiCoder, concat, id, keccak256 } from 'ethers';
import { SCALAR_FIELD } from '../protocol/commitment/commit.ts';

/** The inference that a proof is made for. */
export interface DeskTagOf {
  /** sha-256 of the manifest. */
  readonly manifestDigest: string;
  /** Commitments of all tensors by id, 0x and 64 digits each. */
  readonly trace: readonly string[];
  readonly slice: number;
}

const DOMAIN = id('sliceproof desk 1');

/**
 * The last public signal of a proof that no market pays for: it binds the proof to this model, this inference and this
 * slice. The market's tags (protocol/tag.ts) hash another number of words, so a proof of one kind is none of the other.
 */
export function deskTag({ manifestDigest, trace, slice }: DeskTagOf): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['bytes32', 'bytes32', 'bytes32', 'uint256'],
    [DOMAIN, manifestDigest, keccak256(concat(trace)), slice],
  );
  return BigInt(keccak256(encoded)) % SCALAR_FIELD;
}
