import { concat, keccak256, toBeHex } from 'ethers';
import type { G1Point } from '../curve/points.ts';
import { SCALAR_FIELD } from '../formats/bn254.ts';

/**
 * X, the challenge of a proof with committed lookups, which the chain draws when the statement and D are fixed and
 * takes for one more public signal.
 * @param keyDigest CircuitRegistry's digest of the verifying key
 */
export function lookupChallenge(keyDigest: string, signals: readonly bigint[], d: G1Point): bigint {
  const words = [BigInt(keyDigest), ...signals, d.x, d.y].map((word) => toBeHex(word, 32));
  return BigInt(keccak256(concat(words))) % SCALAR_FIELD;
}
