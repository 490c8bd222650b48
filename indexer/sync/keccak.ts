import { getHashes, hash } from 'node:crypto';
import { keccak256 as byEthers } from 'ethers';

/** In OpenSSL from 3.2 on, which comes with Node 24. */
const NAME = 'keccak-256';
const isNative = getHashes().includes(NAME);

/**
 * keccak256 of some bytes, as hex with 0x: by OpenSSL where that has it, which takes a tenth of the time.
 * A history is proven by some dozen hashes for each of its blocks.
 */
export function keccak256(bytes: Uint8Array): string {
  return isNative ? `0x${hash(NAME, bytes, 'hex')}` : byEthers(bytes);
}
