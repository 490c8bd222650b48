import { keccak256 as byEthers } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keccak256 } from '../../indexer/sync/keccak.ts';

test('bytes of any number have the hash that ethers says', () => {
  // A block of the sponge is 136 bytes.
  for (const length of [0, 1, 135, 136, 137, 272, 5_000]) {
    const bytes = new Uint8Array(length).fill(length % 251);
    expect(keccak256(bytes)).toBe(byEthers(bytes));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(keccak256(bytes)).toBe(byEthers(bytes));
    }),
  );
});
