import { getBytes, hexlify, keccak256 } from 'ethers';

/** Of values that come again; the others are as many as there are jobs. */
const known = new Map<string, readonly number[]>();
const KNOWN_AT_MOST = 10_000;

/** The bits of a value in a bloom filter (the yellow paper's M3:2048). */
function bitsOf(value: string): readonly number[] {
  const found = known.get(value);
  if (found !== undefined) return found;
  const digest = getBytes(keccak256(value));
  const bits = [0, 2, 4].map((at) => ((digest[at] << 8) | digest[at + 1]) & 2047);
  if (known.size < KNOWN_AT_MOST) known.set(value, bits);
  return bits;
}

/** The bloom filter of some logs, 256 bytes in hex. */
export function bloomOf(
  logs: readonly { readonly address: string; readonly topics: readonly string[] }[],
): string {
  const bloom = new Uint8Array(256);
  for (const { address, topics } of logs) {
    for (const bit of [address, ...topics].flatMap(bitsOf)) bloom[255 - (bit >> 3)] |= 1 << (bit & 7);
  }
  return hexlify(bloom);
}
