import { z } from 'zod';

/** Where an aggregator takes proofs: `POST {aggregator}/proofs`, one {@link proofSubmissionSchema} as JSON. */
export const PROOFS_PATH = '/proofs';

/** The largest body of a submission, and of its answer, in bytes. A proof in decimal takes about 1,100. */
export const MAX_SUBMISSION_BYTES = 8 * 1024;

/** The longest proof for an external verifier: 32 KiB, half a million gas of calldata. */
export const MAX_EXTERNAL_PROOF_BYTES = 32 * 1024;

const decimal = z.string().regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a decimal number of at most 78 digits');
const pair = z.tuple([decimal, decimal]);
const g1 = z.tuple([decimal, decimal, z.literal('1')]);

/** 0x and 64 lower-case hexadecimal digits. */
export const jobIdSchema = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits');

/** 0x and 40 hexadecimal digits, in any case: compare addresses in lower case. */
export const addressSchema = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hexadecimal digits');

/** A proof for a circuit's external verifier, which no aggregator takes: its bytes in hex. */
export const externalProofSchema = z.strictObject({
  external: z
    .string()
    .regex(/^0x([0-9a-f]{2})+$/)
    .max(2 + 2 * MAX_EXTERNAL_PROOF_BYTES),
});

/**
 * What a node hands to an aggregator: a proof, and for what and for whom it is. The public signals are not part
 * of it: the aggregator takes commitments from the chain and reckons the tag itself, so that only what the
 * contract will check counts.
 *
 * Handing in the same job, slice and prover again is no error: the first valid proof stays and is answered for.
 */
export const proofSubmissionSchema = z.strictObject({
  jobId: jobIdSchema,
  /** Index of the slice in its model. */
  slice: z.number().int().min(0).max(255),
  /** The account that the proof's tag names, which is the one that is paid. */
  prover: addressSchema,
  /** snarkjs's JSON form: affine points with z = 1, G2 coordinates real part first. */
  proof: z
    .strictObject({
      pi_a: g1,
      pi_b: z.tuple([pair, pair, z.tuple([z.literal('1'), z.literal('0')])]),
      pi_c: g1,
      /** Of a circuit with committed wires: their commitment, and the proof that it is of them alone. */
      pi_d: g1.optional(),
      pi_k: g1.optional(),
      protocol: z.literal('groth16'),
      curve: z.literal('bn128'),
    })
    .refine(
      ({ pi_d, pi_k }) => (pi_d === undefined) === (pi_k === undefined),
      'pi_d and pi_k belong together',
    ),
});

export type ProofSubmission = z.infer<typeof proofSubmissionSchema>;

/** 202: the proof holds, and is kept durably before this is answered. */
const acceptedSchema = z.object({
  accepted: z.literal(true),
  /** How many proofs wait before this one; 0 is the next to be settled. */
  position: z.number().int().min(0),
});

/**
 * Any other status: the proof is not taken.
 *
 * | status | code | |
 * | --- | --- | --- |
 * | 400 | `SUBMISSION_MALFORMED` | not what the schema says |
 * | 413 | `SUBMISSION_TOO_LARGE` | more than {@link MAX_SUBMISSION_BYTES} |
 * | 404 | `JOB_UNKNOWN`, `TRACE_UNKNOWN` | no such job, or no trace yet; retryable: the aggregator's chain may lag |
 * | 404 | `SLICE_UNKNOWN` | the model has no such slice, or it has no circuit |
 * | 422 | `SLICE_EXTERNAL` | another contract verifies the slice: its prover settles by itself |
 * | 409 | `SLICE_NOT_PAYABLE` | settled, held by somebody else, or the job is over |
 * | 422 | `PROOF_INVALID` | the proof does not hold for these signals |
 * | 422 | `KEY_UNUSABLE` | the registered key is none to verify with |
 * | 403 | `PROVER_DROPPED` | too many of the prover's proofs went stale; retryable after a while |
 * | 429 | `ADDRESS_BUSY` | too many submissions at once from one network address; retryable |
 * | 503 | `AGGREGATOR_BUSY`, `CHAIN_AWAY` | retryable |
 */
const refusedSchema = z.object({
  accepted: z.literal(false),
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .max(64),
  message: z.string().max(2000),
  /** Whether the same submission may be taken later. */
  retryable: z.boolean(),
});

export const submissionAnswerSchema = z.discriminatedUnion('accepted', [acceptedSchema, refusedSchema]);

export type SubmissionAnswer = z.infer<typeof submissionAnswerSchema>;
