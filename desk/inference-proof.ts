import { z } from 'zod';
import { decodeJson } from '../protocol/json.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../protocol/manifest.ts';
import { artifactOf } from '../protocol/store/digest.ts';
import { fieldSchema } from '../protocol/tensor-bundle.ts';
import { DeskError } from './errors.ts';

const openedSchema = z.strictObject({
  tensor: z.number().int().min(0).max(1023),
  salt: fieldSchema,
  /** Integers, row-major: value · 2^−scale is what the model means by them. */
  values: z
    .array(z.number().int())
    .min(1)
    .max(1 << 24),
});

const provedSchema = z.strictObject({
  slice: z.number().int().min(0).max(255),
  /** The text of the slice's verifying key, of which the manifest has the digest. */
  verifyingKey: z.string().max(1 << 20),
  /** In snarkjs's form; what it has to be is the verifier's to say. */
  proof: z.unknown(),
});

/** What a file may say: fields besides are refused, so that none is taken for checked. */
export const inferenceProofSchema = z.strictObject({
  format: z.literal('sliceproof-proof/1'),
  /** The model: its slices, what they read and write, the digests of their keys. */
  manifest: z.unknown(),
  /** Commitments of all tensors by id: the model's inputs first. */
  trace: z.array(fieldSchema).min(1).max(1024),
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
  const body = decodeJson(bytes, {
    schema: inferenceProofSchema,
    maxBytes: MAX_PROOF_BYTES,
    refuse: (reason, cause) =>
      new DeskError('DESK_FILE_MALFORMED', `expected a file of \`sliceproof prove\`: ${reason}`, { cause }),
  });
  const manifest = decodeManifest(new TextEncoder().encode(JSON.stringify(body.manifest)));
  const unbound = fieldBeside(body.manifest, manifest);
  if (unbound !== undefined) {
    throw new DeskError(
      'DESK_FILE_MALFORMED',
      `expected the fields of a manifest, which its digest binds, found ${unbound.slice(0, 80)} besides`,
    );
  }
  return { ...body, manifest };
}

/** Name of a field of a document that what was read of it has not. */
function fieldBeside(document: unknown, read: unknown): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const known = (read ?? {}) as Readonly<Record<string, unknown>>;
  for (const [key, part] of Object.entries(document)) {
    const found = Object.hasOwn(known, key) ? fieldBeside(part, known[key]) : key;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** sha-256 of a manifest: what a model is known by. */
export function manifestDigestOf(manifest: Manifest): string {
  return artifactOf(encodeManifest(manifest)).sha256;
}
