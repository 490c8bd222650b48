import { z } from 'zod';
import { BadInputError } from '../../protocol/errors.ts';

/** A canonical decimal number of at most 78 digits: what snarkjs writes for a field element. */
export const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a decimal number without sign or leading zeros');

/** A point of G1 as snarkjs writes it: affine x, y and z = 1. */
export const g1Json = z.tuple([decimal, decimal, z.literal('1')]);

/** A point of G2 as snarkjs writes it: affine, real part first, z = 1. */
export const g2Json = z.tuple([
  z.tuple([decimal, decimal]),
  z.tuple([decimal, decimal]),
  z.tuple([z.literal('1'), z.literal('0')]),
]);

const cubic = z.tuple([
  z.tuple([decimal, decimal]),
  z.tuple([decimal, decimal]),
  z.tuple([decimal, decimal]),
]);

/** Most public signals that a circuit may have; the registry's limit is lower. */
export const MAX_PUBLIC_SIGNALS = 4_096;

/** Most public wires of a circuit, the committed ones included. */
export const MAX_PUBLIC_WIRES = 1 << 20;

const verifyingKeySchema = z
  .object({
    protocol: z.literal('groth16'),
    curve: z.literal('bn128'),
    nPublic: z.number().int().min(0).max(MAX_PUBLIC_SIGNALS),
    vk_alpha_1: g1Json,
    vk_beta_2: g2Json,
    vk_gamma_2: g2Json,
    vk_delta_2: g2Json,
    /** σ·G2 of a circuit with committed wires; then the last of the public signals is the challenge. */
    vk_sigma_2: g2Json.optional(),
    /** e(α, β), which snarkjs writes and nobody needs for verifying. */
    vk_alphabeta_12: z.tuple([cubic, cubic]).optional(),
    IC: z.array(g1Json).max(MAX_PUBLIC_SIGNALS + 1),
  })
  .refine((key) => key.IC.length === key.nPublic + 1, { error: 'expected nPublic + 1 points in IC' })
  .refine((key) => key.vk_sigma_2 === undefined || key.nPublic > 0, {
    error: 'a key with σ has at least the challenge among its public signals',
  });

/**
 * A Groth16 verifying key in snarkjs's JSON form. With committed wires it has `vk_sigma_2`, and IC ends with the point
 * of the challenge: those of the committed wires are the prover's alone.
 */
export type VerifyingKeyJson = z.infer<typeof verifyingKeySchema>;

/** How many public signals a verifier gives with a proof: the challenge is reckoned, not given. */
export function signalCount({ nPublic, vk_sigma_2 }: VerifyingKeyJson): number {
  return vk_sigma_2 === undefined ? nPublic : nPublic - 1;
}

/**
 * Checks the form of a verifying key that came from outside. Its points are checked by whoever verifies.
 *
 * @throws BadInputError VERIFYING_KEY_MALFORMED
 */
export function parseVerifyingKey(value: unknown): VerifyingKeyJson {
  const parsed = verifyingKeySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadInputError(
    'VERIFYING_KEY_MALFORMED',
    `not a Groth16 verifying key: ${z.prettifyError(parsed.error)}`,
  );
}

/**
 * The same for a key's file as somebody else made it, which may be no JSON at all.
 *
 * @throws BadInputError VERIFYING_KEY_MALFORMED
 */
export function decodeVerifyingKey(file: Uint8Array): VerifyingKeyJson {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file));
  } catch (cause) {
    throw new BadInputError(
      'VERIFYING_KEY_MALFORMED',
      `not a Groth16 verifying key: ${(cause as Error).message}`,
      { cause },
    );
  }
  return parseVerifyingKey(value);
}
