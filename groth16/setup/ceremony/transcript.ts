import { z } from 'zod';
import { BadInputError } from '../../../protocol/errors.ts';
import { plainText } from '../../../protocol/plain-text.ts';
import { sha256Schema } from '../../formats/sha256.ts';

/** Largest transcript that is read: 16 MiB. */
export const MAX_TRANSCRIPT_BYTES = 1 << 24;

const MAX_PUBLIC_WIRES = 1 << 20;

/** blake2b of 64 bytes: 0x and 128 lower-case hexadecimal digits. */
const blake2bSchema = z
  .string()
  .regex(/^0x[0-9a-f]{128}$/, 'expected 0x and 128 lower-case hexadecimal digits');

/** Who contributed. Printable ASCII, so that it is the same bytes in every file that carries it. */
export const contributorSchema = z
  .string()
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/, 'expected 1 to 64 printable ASCII characters');

/** Public randomness in hexadecimal, 32 bytes or more. */
export const beaconSchema = z
  .string()
  .regex(/^(?:[0-9a-f]{2}){32,255}$/, 'expected 32 to 255 bytes in lower-case hexadecimal');

/** The beacon is hashed 2^this times. Verifying repeats it, so it is bounded. */
export const beaconIterationsSchema = z.number().int().min(10).max(30);

const keySchema = z.object({
  /** The proving key as it was after this round. */
  sha256: sha256Schema,
  /** blake2b over the round's public points and the hash of the rounds before it, as snarkjs prints it. */
  contribution: blake2bSchema,
  /** σ·G2 after this round, of a circuit with committed wires: affine, Montgomery, little-endian. */
  sigma: z
    .string()
    .regex(/^0x[0-9a-f]{256}$/, 'expected 0x and 256 lower-case hexadecimal digits')
    .optional(),
});

const roundSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('contribution'),
    name: contributorSchema,
    /** In the order of `circuits`. */
    keys: z.array(keySchema).min(1).max(256),
  }),
  z.object({
    kind: z.literal('beacon'),
    name: contributorSchema,
    beacon: beaconSchema,
    iterationsExponent: beaconIterationsSchema,
    keys: z.array(keySchema).min(1).max(256),
  }),
]);

const transcriptSchema = z
  .object({
    format: z.literal('sliceproof-ceremony/1'),
    /** The model's name in its manifest. */
    model: plainText,
    phase1: z.object({
      /** The published file's name; null when it is none of the published ones. */
      published: plainText.max(100).nullable(),
      blake2b: blake2bSchema,
      /** It serves circuits of up to 2^power rows. */
      power: z.number().int().min(1).max(28),
    }),
    /** The model's provable slices. */
    circuits: z
      .array(
        z.object({
          slice: z.number().int().min(0).max(255),
          r1cs: sha256Schema,
          /** snarkjs's hash of the key before any contribution. */
          circuitHash: blake2bSchema,
          /** Public wires of the circuit, the constant not counted. */
          publicWires: z.number().int().min(1).max(MAX_PUBLIC_WIRES),
          /** How many of them, the last ones, are committed and have a σ; absent: none. */
          committed: z.number().int().min(1).max(MAX_PUBLIC_WIRES).optional(),
        }),
      )
      .min(1)
      .max(256),
    /** Contributions in order; a beacon is the last. */
    rounds: z.array(roundSchema).max(1000),
  })
  .refine(
    ({ circuits, rounds }) => rounds.every(({ keys }) => keys.length === circuits.length),
    'every round must have one key a circuit',
  )
  .refine(
    ({ rounds }) => rounds.slice(0, -1).every(({ kind }) => kind === 'contribution'),
    'nothing may follow a beacon',
  )
  .refine(
    ({ circuits }) => new Set(circuits.map(({ slice }) => slice)).size === circuits.length,
    'every slice may have one circuit',
  );

/**
 * What happened in a ceremony: `ceremony.json`. When the beacon is in, its sha-256 is the setup digest that the
 * circuits are registered with.
 */
export type CeremonyTranscript = z.infer<typeof transcriptSchema>;
export type CeremonyRound = z.infer<typeof roundSchema>;

/** The bytes of a transcript, of which its digest is taken. */
export function encodeTranscript(transcript: CeremonyTranscript): Uint8Array {
  return Buffer.from(`${JSON.stringify(transcriptSchema.parse(transcript), undefined, 2)}\n`);
}

/** @throws BadInputError CEREMONY_TRANSCRIPT */
export function decodeTranscript(bytes: Uint8Array): CeremonyTranscript {
  try {
    if (bytes.length > MAX_TRANSCRIPT_BYTES) {
      throw new BadInputError('CEREMONY_TRANSCRIPT', `expected at most ${MAX_TRANSCRIPT_BYTES} bytes`);
    }
    return transcriptSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    if (cause instanceof BadInputError) throw cause;
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new BadInputError('CEREMONY_TRANSCRIPT', `expected a ceremony's transcript: ${reason}`, { cause });
  }
}
