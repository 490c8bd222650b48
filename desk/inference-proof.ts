import { z } from 'zod';
import { SCALAR_FIELD } from '../protocol/commitment/commit.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../protocol/manifest.ts';
import { artifactOf } from '../protocol/store/digest.ts';
import { SliceproofError } from '../protocol/errors.ts';
import { DeskError } from './errors.ts';

const field = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits')
  .refine((hex) => BigInt(hex) < SCALAR_FIELD, 'expected a field element');

const openedSchema = z.object({
  tensor: z.number().int().min(0).max(1023),
  salt: field,
  /** Integers, row-major: value · 2^−scale is what the model means by them. */
  values: z
    .array(z.number().int())
    .min(1)
    .max(1 << 24),
});

const provedSchema = z.object({
  slice: z.number().int().min(0).max(255),
  /** The text of the slice's verifying key, of which the manifest has the digest. */
  verifyingKey: z.string().max(1 << 20),
  /** In snarkjs's form; what it has to be is the verifier's to say. */
  proof: z.unknown(),
});

const inferenceProofSchema = z.object({
  format: z.literal('sliceproof-proof/1'),
  /** The model: its slices, what they read and write, the digests of their keys. */
  manifest: z.unknown(),
  /** Commitments of all tensors by id: the model's inputs first. */
  trace: z.array(field).min(1).max(1024),
  /** The slices that are proved; the others were executed only. */
  proved: z.array(provedSchema).max(256),
  /** What is shown in the clear: every output, and the inputs if they were made public. */
  opened: z.array(openedSchema).max(1024),
});

/** One inference, proved: everything that is needed to check it. */
export interface InferenceProof extends Omit<z.infer<typeof inferenceProofSchema>, 'manifest'> {
  readonly manifest: Manifest;
}

/** Largest proof file that is read: 256 MiB. */
export const MAX_PROOF_BYTES = 1 << 28;

export function encodeInferenceProof(proof: InferenceProof): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(proof)}\n`);
}

/** @throws DeskError DESK_FILE_MALFORMED; BadInputError MANIFEST_MALFORMED */
export function decodeInferenceProof(bytes: Uint8Array): InferenceProof {
  try {
    if (bytes.length > MAX_PROOF_BYTES) {
      throw new DeskError('DESK_FILE_MALFORMED', `expected at most ${MAX_PROOF_BYTES} bytes`);
    }
    const body = inferenceProofSchema.parse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
    );
    return { ...body, manifest: decodeManifest(new TextEncoder().encode(JSON.stringify(body.manifest))) };
  } catch (cause) {
    if (cause instanceof SliceproofError || !(cause instanceof Error)) throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : cause.message;
    throw new DeskError(
      'DESK_FILE_MALFORMED',
      `expected a file of \`sliceproof prove\`: ${reason.slice(0, 1000)}`,
      {
        cause,
      },
    );
  }
}

/** sha-256 of a manifest: what a model is known by. */
export function manifestDigestOf(manifest: Manifest): string {
  return artifactOf(encodeManifest(manifest)).sha256;
}
