import { z } from 'zod';
import { BadInputError } from './errors.ts';
import { decodeJson } from './json.ts';
import { commitTensor, SCALAR_FIELD, type TensorSpec } from './commitment/commit.ts';
import { sha256Schema } from './store/digest.ts';

/** Largest bundle and tensor that are read: 16 MiB and 256 MiB. */
export const MAX_BUNDLE_BYTES = 1 << 24;
export const MAX_TENSOR_BYTES = 1 << 28;

/** A field element as it is written outside circuits: 0x and 64 lower-case digits, below the field's order. */
export const fieldSchema = z
  .string()
  .refine(
    (hex) => /^0x[0-9a-f]{64}$/.test(hex) && BigInt(hex) < SCALAR_FIELD,
    'expected a field element, 0x and 64 lower-case hexadecimal digits',
  );

/** One tensor in the store: its values and the salt that opens its commitment. */
const tensorSchema = z.object({
  format: z.literal('sliceproof-tensor/1'),
  bits: z.number().int().min(1).max(32),
  signed: z.boolean(),
  values: z
    .array(z.number().int())
    .min(1)
    .max(1 << 24),
  salt: fieldSchema,
});

/** The tensors of a job in the store: of its input (what `inputDigest` names) or of its whole trace (`traceDigest`). */
const bundleSchema = z.object({
  format: z.literal('sliceproof-tensors/1'),
  tensors: z
    .array(z.object({ id: z.number().int().min(0).max(1023), commitment: fieldSchema, sha256: sha256Schema }))
    .max(1024),
});

export type TensorBundle = z.infer<typeof bundleSchema>;

/** A tensor with what opens its commitment. */
export interface OpenTensor {
  readonly values: Float64Array;
  readonly salt: bigint;
}

/** 0x and 64 digits: how field elements are written outside circuits. */
export function fieldToHex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

export function encodeTensor({ bits, signed }: TensorSpec, { values, salt }: OpenTensor): Uint8Array {
  const body: z.infer<typeof tensorSchema> = {
    format: 'sliceproof-tensor/1',
    bits,
    signed,
    values: Array.from(values),
    salt: fieldToHex(salt),
  };
  return Buffer.from(JSON.stringify(body));
}

/**
 * Reads a tensor and checks it against what was committed.
 * @throws BadInputError TENSOR_MALFORMED, TENSOR_MISMATCH (not what the commitment binds), COMMITMENT_COUNT, COMMITMENT_RANGE
 */
export function decodeTensor(bytes: Uint8Array, spec: TensorSpec, commitment: bigint): OpenTensor {
  const body = decodeJson(bytes, {
    schema: tensorSchema,
    maxBytes: MAX_TENSOR_BYTES,
    refuse: (reason, cause) =>
      new BadInputError('TENSOR_MALFORMED', `expected a tensor: ${reason}`, { cause }),
  });
  const tensor = { values: Float64Array.from(body.values), salt: BigInt(body.salt) };
  const came = commitTensor(spec, tensor.values, tensor.salt);
  if (came !== commitment) {
    throw new BadInputError(
      'TENSOR_MISMATCH',
      `expected a tensor committed as ${fieldToHex(commitment)}, got one committed as ${fieldToHex(came)}`,
    );
  }
  return tensor;
}

export function encodeBundle(tensors: TensorBundle['tensors']): Uint8Array {
  return Buffer.from(JSON.stringify({ format: 'sliceproof-tensors/1', tensors } satisfies TensorBundle));
}

/** @throws BadInputError BUNDLE_MALFORMED */
export function decodeBundle(bytes: Uint8Array): TensorBundle {
  return decodeJson(bytes, {
    schema: bundleSchema,
    maxBytes: MAX_BUNDLE_BYTES,
    refuse: (reason, cause) =>
      new BadInputError('BUNDLE_MALFORMED', `expected a tensor bundle: ${reason}`, { cause }),
  });
}
