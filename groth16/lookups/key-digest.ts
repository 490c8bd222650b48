import { AbiCoder, keccak256 } from 'ethers';
import type { SolidityVerifyingKey } from '../verify/solidity.ts';

const G1 = 'tuple(uint256 x, uint256 y)';
const G2 = 'tuple(uint256[2] x, uint256[2] y)';
const KEY = `tuple(${G1} alpha, ${G2} beta, ${G2} gamma, ${G2} delta, ${G2} sigma, ${G1}[] ic)`;

/** keccak256 of the ABI-encoded key: what CircuitRegistry keeps as the key's digest. */
export function keyDigestOf(key: SolidityVerifyingKey): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode([KEY], [key]));
}
