import { describe, expect, it } from 'vitest';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { escrowOf } from '../../client/jobs/request.ts';

describe('the most that a job can cost', () => {
  /** Of four slices with weights 1, 5, 3 and 2, at 10 a unit, 1 for each tip and 100 for the execution. */
  const most = (required: bigint, audits: number, contestable: bigint): bigint => {
    const slices = [1, 5, 3, 2].map((weight) => ({ weight }));
    const offer = { maxUnitPrice: 10n, settleTip: 1n };
    const request = { required, audits, contestable, offer, execution: { maxPrice: 100n } };
    return escrowOf({ model: { slices } } as unknown as PublishedManifest, request as never);
  };

  it.each([
    ['every slice where none is named', 0n, 0, 0n, 100n + 110n + 4n],
    ['the required ones', 0b0101n, 0, 0n, 100n + 40n + 2n],
    ['and the dearest that may be drawn', 0b0001n, 2, 0n, 100n + 10n + 80n + 3n],
    ['of those alone that the request lets be drawn', 0b0001n, 1, 0b1100n, 100n + 10n + 30n + 2n],
    ['a required one that it names too counts once', 0b0001n, 1, 0b1001n, 100n + 10n + 20n + 2n],
  ])('is for %s', (_what, required, audits, contestable, expected) => {
    expect(most(required, audits, contestable)).toBe(expected);
  });
});
