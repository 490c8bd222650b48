import { AbiCoder, keccak256 } from 'ethers';
import type { G1Point } from './g1.ts';
import type { G2Point } from './points.ts';

/** `VerifyingKey` of the contracts. `sigma` is all zero for a circuit without committed wires. */
export interface RegisteredKey {
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly gamma: G2Point;
  readonly delta: G2Point;
  readonly sigma: G2Point;
  readonly ic: readonly G1Point[];
}

const G1 = 'tuple(uint256 x, uint256 y)';
const G2 = 'tuple(uint256[2] x, uint256[2] y)';
const KEY = `tuple(${G1} alpha, ${G2} beta, ${G2} gamma, ${G2} delta, ${G2} sigma, ${G1}[] ic)`;

/** keccak256 of the ABI-encoded key: what CircuitRegistry keeps as the key's digest. */
export function keyDigestOf(key: RegisteredKey): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode([KEY], [key]));
}
