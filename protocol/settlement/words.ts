import { concat, toBeHex } from 'ethers';

/** 32 bytes each, big-endian, nothing between them: hex. */
export function packWords(values: readonly bigint[]): string {
  return concat(values.map((value) => toBeHex(value, 32)));
}
