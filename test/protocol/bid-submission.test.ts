import fc from 'fast-check';
import { hexlify, Wallet } from 'ethers';
import { describe, expect, test } from 'vitest';
import {
  bidSubmissionSchema,
  handedBid,
  MAX_BID_BYTES,
  submissionOf,
} from '../../protocol/bid-submission.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { isSignedByKey, signBid } from '../../protocol/contracts/signed-bid.ts';

const bytes = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => hexlify(array));
const below = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const bid = fc.record({
  prover: bytes(20),
  signer: bytes(20),
  jobId: bytes(32),
  traceHash: bytes(32),
  slices: below(256),
  unitPrice: below(64),
  nonce: below(256),
  validUntil: below(40),
  signature: bytes(65),
});

describe('a signed bid as it is handed over', () => {
  test('is read as it was written, and fits', () => {
    fc.assert(
      fc.property(bid, (one) => {
        const text = JSON.stringify(submissionOf(one));
        expect(text.length).toBeLessThan(MAX_BID_BYTES);
        expect(handedBid(bidSubmissionSchema.parse(JSON.parse(text)))).toEqual(one);
      }),
    );
  });

  test('is refused, and nothing else happens, where a part of it is anything else', () => {
    fc.assert(
      fc.property(bid, fc.constantFrom('bid', 'signature', 'format'), fc.jsonValue(), (one, key, value) => {
        expect(bidSubmissionSchema.safeParse({ ...submissionOf(one), [key]: value }).success).toBe(false);
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => !bidSubmissionSchema.safeParse(value).success));
  });

  test('that is out of the contract’s bounds is refused', () => {
    const fields = fc.constantFrom(
      ['slices', 256],
      ['unitPrice', 64],
      ['nonce', 256],
      ['validUntil', 40],
    ) as fc.Arbitrary<[string, number]>;
    fc.assert(
      fc.property(bid, fields, fc.nat(), (one, [field, bits], more) => {
        const { bid: inner, ...rest } = submissionOf(one);
        const value = ((1n << BigInt(bits)) + BigInt(more)).toString();
        expect(bidSubmissionSchema.safeParse({ ...rest, bid: { ...inner, [field]: value } }).success).toBe(
          false,
        );
      }),
    );
  });

  test('is signed by its signer’s key alone, whatever bytes come as a signature', async () => {
    const wallet = new Wallet(`0x${'5a'.repeat(32)}`);
    const deployment = { chainId: 1, addresses: { market: `0x${'11'.repeat(20)}` } } as Deployment;
    await fc.assert(
      fc.asyncProperty(bid, async ({ signature, ...rest }) => {
        const own = await signBid(wallet, deployment, { ...rest, signer: wallet.address });
        expect(isSignedByKey(deployment, own)).toBe(true);
        expect(isSignedByKey(deployment, { ...own, signature })).toBe(false);
        expect(isSignedByKey(deployment, { ...own, unitPrice: rest.unitPrice ^ 1n })).toBe(false);
        expect(isSignedByKey({ ...deployment, chainId: 2 }, own)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});
