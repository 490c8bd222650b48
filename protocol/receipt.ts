import { z } from 'zod';
import { DUE_REASONS } from './contracts/due.ts';
import { BadInputError } from './errors.ts';
import { sha256Schema } from './store/digest.ts';

const word = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits');
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address');
const count = z.number().int().nonnegative();
const text = z.string().max(1000);
const tensorId = z.number().int().min(0).max(1023);

const sliceSchema = z.object({
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
  /** Who proved it, for what (the asset's smallest unit, decimal), and the transaction that settled it. */
  proof: z
    .object({ prover: address, price: z.string().regex(/^\d{1,40}$/), transaction: word, block: count })
    .nullable(),
});

const outputSchema = z.object({
  tensor: tensorId,
  name: text,
  shape: z.array(z.number().int().min(1)).max(8),
  commitment: word,
  /** What opens the commitment: salt and integers. */
  salt: word,
  values: z
    .array(z.number().int())
    .min(1)
    .max(1 << 20),
  /** The values stand for values · 2^−scale. */
  scale: z.number().int().min(-64).max(64),
});

/**
 * What a finished job comes down to: which model was asked for which input, which slices were proved by whom,
 * and the output. Everything but names, scale and labels, which are the manifest's, can be checked against the
 * chain again.
 */
export const receiptSchema = z.object({
  format: z.literal('sliceproof-receipt/1'),
  chain: z.object({
    chainId: z.number().int().positive(),
    market: address,
    modelRegistry: address,
    circuitRegistry: address,
    /** The block at which the job was looked at. */
    block: count,
    blockHash: word,
  }),
  job: z.object({
    jobId: word,
    requester: address,
    executor: address,
    /** sha-256 of the input bundle and of the trace bundle in the store. */
    inputDigest: sha256Schema,
    traceDigest: sha256Schema,
  }),
  model: z.object({
    modelId: word,
    publisher: address,
    manifestDigest: sha256Schema,
    name: text,
    /** `development`: whoever ran the setup can forge proofs. */
    setup: z.enum(['development', 'ceremony']),
  }),
  /** Commitments of all tensors by id; the first `inputCount` are the job's inputs. */
  trace: z.array(word).min(1).max(1024),
  inputCount: z.number().int().min(1),
  slices: z.array(sliceSchema).min(1).max(256),
  outputs: z.array(outputSchema).min(1),
  /** Place of the first output's largest value, and its label where the model names its classes. */
  top: z.object({ index: count, label: text.nullable() }),
  /** Whether every slice is proved. */
  fullyProved: z.boolean(),
  /** Whether every slice's result was also computed again from the trace's values. */
  rechecked: z.boolean(),
});

export type JobReceipt = z.infer<typeof receiptSchema>;
export type ReceiptSlice = z.infer<typeof sliceSchema>;

/** Largest receipt that is read: 64 MiB. */
const MAX_RECEIPT_BYTES = 1 << 26;

/** @throws BadInputError RECEIPT_MALFORMED */
export function decodeReceipt(bytes: Uint8Array): JobReceipt {
  try {
    if (bytes.length > MAX_RECEIPT_BYTES) {
      throw new BadInputError('RECEIPT_MALFORMED', `expected at most ${MAX_RECEIPT_BYTES} bytes`);
    }
    return receiptSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    if (cause instanceof BadInputError) throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new BadInputError('RECEIPT_MALFORMED', `expected a receipt: ${reason.slice(0, 1000)}`, { cause });
  }
}
