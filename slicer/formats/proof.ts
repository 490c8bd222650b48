import { z } from 'zod';
import { BadInputError } from '../../protocol/errors.ts';
import { MAX_PUBLIC_SIGNALS, decimal, g1Json, g2Json } from './verifying-key.ts';

const proofSchema = z.object({
  pi_a: g1Json,
  pi_b: g2Json,
  pi_c: g1Json,
  protocol: z.literal('groth16'),
  curve: z.literal('bn128'),
});

const publicSignalsSchema = z.array(decimal).max(MAX_PUBLIC_SIGNALS);

/** A Groth16 proof in snarkjs's JSON form. */
export type ProofJson = z.infer<typeof proofSchema>;

/** Public signals in the circuit's order, decimal. */
export type PublicSignals = readonly string[];

/**
 * Checks the form of a proof that came from outside; whether its points are points is for `verifyProof`.
 *
 * @throws BadInputError PROOF_MALFORMED
 */
export function parseProof(value: unknown): ProofJson {
  const parsed = proofSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadInputError('PROOF_MALFORMED', `not a Groth16 proof: ${z.prettifyError(parsed.error)}`);
}

/**
 * Checks the form of public signals that came from outside.
 *
 * @throws BadInputError PUBLIC_SIGNALS_MALFORMED
 */
export function parsePublicSignals(value: unknown): PublicSignals {
  const parsed = publicSignalsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadInputError(
    'PUBLIC_SIGNALS_MALFORMED',
    `not a list of public signals: ${z.prettifyError(parsed.error)}`,
  );
}
