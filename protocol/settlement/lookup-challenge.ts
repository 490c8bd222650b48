import { concat, keccak256, toBeHex } from 'ethers';
import { SCALAR_FIELD } from '../field.ts';
import type { G1Point } from './g1.ts';

/**
 * The challenge X of a proof with committed wires: keccak256(abi.encode(keyDigest, signals…, D.x, D.y)) mod r, as the
 * verifier contract reckons it. It covers everything that the prover has fixed before it, and σ by the key's digest.
 * @param keyDigest of the registered key, see `keyDigestOf`
 * @param signals commitments of inputs, of outputs, tag
 */
export function lookupChallenge(keyDigest: string, signals: readonly bigint[], d: G1Point): bigint {
  const words = [...signals, d.x, d.y].map((value) => toBeHex(value, 32));
  return BigInt(keccak256(concat([keyDigest, ...words]))) % SCALAR_FIELD;
}
