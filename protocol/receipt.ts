import { z } from 'zod';
import { DUE_REASONS } from './contracts/due.ts';
import { BadInputError } from './errors.ts';
import { decodeJson } from './json.ts';
import { MAX_MANIFEST_BYTES } from './manifest.ts';
import { plainText as text } from './plain-text.ts';
import { sha256Schema } from './store/digest.ts';
import { fieldSchema } from './tensor-bundle.ts';

const word = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits');
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address');
const count = z.number().int().nonnegative();
const tensorId = z.number().int().min(0).max(1023);

// Objects take no other fields: what a receipt says is either checked or refused.
const sliceSchema = z.strictObject({
  slice: z.number().int().min(0).max(255),
  name: text,
  /** Number of the circuit in the registry; 0: the slice can't be proved. */
  circuit: count,
  /** The contract that its proofs are verified by in place of a key; null: a key, or no circuit. */
  verifier: address.nullable(),
  /** Ids of the tensors that it reads and writes. */
  inputs: z.array(tensorId).min(1).max(11),
  outputs: z.array(tensorId).min(1).max(11),
  /** `executed`: nobody proved it; whether it is right rests on who executed the job. */
  state: z.enum(['proved', 'executed']),
  /** Why it had to be proved: asked for by the requester, drawn, or challenged by somebody. */
  due: z.enum(DUE_REASONS).nullable(),
  /** Who proved it, for what (10^-18 of the asset, decimal), and the transaction that settled it. */
  proof: z
    .strictObject({ prover: address, price: z.string().regex(/^\d{1,40}$/), transaction: word, block: count })
    .nullable(),
});

const outputSchema = z.strictObject({
  tensor: tensorId,
  name: text,
  shape: z.array(z.number().int().min(1)).max(8),
  commitment: word,
  /** What opens the commitment: salt and integers. */
  salt: fieldSchema,
  values: z
    .array(z.number().int())
    .min(1)
    .max(1 << 20),
  /** The values stand for values · 2^−scale. */
  scale: z.number().int().min(-64).max(64),
});

/**
 * What a finished job comes down to: which model was asked for which input, which slices were proved by whom, and the
 * output. Nothing in it rests on whoever made it: with the texts that it carries, whose digests the chain has, and the
 * salts that open the outputs, all else is read from the chain again and compared (verifier/job/check-receipt.ts). What was
 * done besides when it was made, a recheck say, is therefore not in it.
 */
export const receiptSchema = z.strictObject({
  format: z.literal('sliceproof-receipt/2'),
  chain: z.strictObject({
    chainId: z.number().int().positive(),
    market: address,
    modelRegistry: address,
    circuitRegistry: address,
    /** The block in which the job was finalized. */
    block: count,
    blockHash: word,
  }),
  job: z.strictObject({
    jobId: word,
    requester: address,
    executor: address,
    /** sha-256 of the input bundle and of the trace bundle in the store. */
    inputDigest: sha256Schema,
    traceDigest: sha256Schema,
  }),
  model: z.strictObject({
    modelId: word,
    publisher: address,
    manifestDigest: sha256Schema,
    name: text,
    /** `development`: whoever ran the setup can forge proofs. `ceremony`: its publisher names a transcript. */
    setup: z.enum(['development', 'ceremony']),
  }),
  /** The manifest's very text, whose sha-256 the model's id binds: names, scales, labels and setup are its. */
  manifest: z.string().max(MAX_MANIFEST_BYTES),
  /** The ceremony's transcript, whose sha-256 manifest and circuits name; null: there was no ceremony. */
  transcript: z
    .string()
    .max(1 << 24)
    .nullable(),
  /** Commitments of all tensors by id; the first `inputCount` are the job's inputs. */
  trace: z.array(word).min(1).max(1024),
  inputCount: z.number().int().min(1),
  slices: z.array(sliceSchema).min(1).max(256),
  outputs: z.array(outputSchema).min(1),
  /** Place of the first output's largest value, and its label where the model names its classes. */
  top: z.strictObject({ index: count, label: text.nullable() }),
  /** Whether every slice is proved. */
  fullyProved: z.boolean(),
});

export type JobReceipt = z.infer<typeof receiptSchema>;
export type ReceiptSlice = z.infer<typeof sliceSchema>;

/** Largest receipt that is read: 64 MiB. */
export const MAX_RECEIPT_BYTES = 1 << 26;

/** @throws BadInputError RECEIPT_MALFORMED */
export function decodeReceipt(bytes: Uint8Array): JobReceipt {
  return decodeJson(bytes, {
    schema: receiptSchema,
    maxBytes: MAX_RECEIPT_BYTES,
    wholeNumbers: true,
    refuse: (reason, cause) =>
      new BadInputError('RECEIPT_MALFORMED', `expected a receipt: ${reason}`, {
        hint: 'Make it again with `sliceproof job verify … --save`: receipts of other versions are not read.',
        cause,
      }),
  });
}
