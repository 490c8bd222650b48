import { z } from 'zod';
import {
  account,
  integer,
  integerBelow,
  keySignature,
  signatureBytes,
  withTexts,
  word,
} from './signed-fields.ts';

/** Where an aggregator takes signed bids: `POST {aggregator}/bids`, one {@link bidSubmissionSchema} as JSON. */
export const BIDS_PATH = '/bids';

/** The largest body of a bid, in bytes. One takes about 800. */
export const MAX_BID_BYTES = 4 * 1024;

const bid = {
  prover: account,
  signer: account,
  jobId: word,
  traceHash: word,
  slices: integer,
  unitPrice: integer,
  nonce: integer,
  validUntil: integer,
};

/** A bid that its prover, or an operator of it, signed, as it is handed to whoever brings it. */
export const signedBidSchema = z.object({
  format: z.literal('sliceproof-signed-bid/1'),
  bid: z.object(bid),
  signature: signatureBytes,
});

export type SignedBid = z.input<typeof signedBidSchema>;

/**
 * What an aggregator takes of them: within the contract's bounds, and signed by a key. A contract that signs may say another thing by
 * the time of the transaction, at the gas of whoever brings it.
 *
 * Answers are those of a proof (`SubmissionAnswer`): 202 with the number of bids that wait before it, or
 *
 * | status | code | |
 * | --- | --- | --- |
 * | 400 | `SUBMISSION_MALFORMED` | not what the schema says |
 * | 413 | `SUBMISSION_TOO_LARGE` | more than {@link MAX_BID_BYTES} |
 * | 403 | `BIDS_NOT_TAKEN` | the aggregator brings no bids |
 * | 422 | `BID_NOT_SIGNED` | the signature isn't its signer's for this market |
 * | 404 | `JOB_UNKNOWN` | no such job, or no trace yet; retryable: the aggregator's chain may lag |
 * | 409 | `BID_REFUSED` | the market would take nothing by it now; `details` of the log and the message say which refusal |
 * | 422 | `BID_ADMISSION` | another contract says who may bid on the job |
 * | 422 | `BID_UNPROFITABLE` | the tips of its slices are worth less than the gas |
 * | 403 | `PROVER_DROPPED`, `BID_CREDIT_USED` | a bid of the prover's failed, or too few proofs followed its bids; retryable after a while |
 * | 429 | `PROVER_BUSY`, `ADDRESS_BUSY` | too many at once of one prover, or of one network address; retryable |
 * | 503 | `BID_BUDGET_SPENT`, `AGGREGATOR_BUSY`, `AGGREGATOR_NO_COINS`, `CHAIN_AWAY` | retryable |
 */
export const bidSubmissionSchema = z.strictObject({
  format: z.literal('sliceproof-signed-bid/1'),
  bid: z.strictObject({
    ...bid,
    slices: integerBelow(256),
    unitPrice: integerBelow(64),
    nonce: integerBelow(256),
    validUntil: integerBelow(40),
  }),
  signature: keySignature,
});

/** A bid with its signature, as the contract takes it. */
export type HandedBid = z.output<typeof bidSubmissionSchema>['bid'] & { readonly signature: string };

/** The bid of a submission that was parsed. */
export function handedBid({ bid, signature }: z.output<typeof signedBidSchema>): HandedBid {
  return { ...bid, signature };
}

/** A bid as JSON: what {@link bidSubmissionSchema} takes, and `sliceproof job bring-bids`. */
export function submissionOf({ signature, ...bid }: HandedBid): SignedBid {
  return withTexts({ format: 'sliceproof-signed-bid/1', bid, signature }) as SignedBid;
}
