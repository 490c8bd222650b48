import { z } from 'zod';
import { BadInputError } from '../../protocol/errors.ts';
import { MAX_PUBLIC_SIGNALS, MAX_PUBLIC_WIRES, decimal, g1Json, g2Json } from './verifying-key.ts';

const proofSchema = z
  .object({
    pi_a: g1Json,
    pi_b: g2Json,
    pi_c: g1Json,
    /** Of a circuit with committed wires: D = Σ c_j·IC_j and K = σ·D. */
    pi_d: g1Json.optional(),
    pi_k: g1Json.optional(),
    protocol: z.literal('groth16'),
    curve: z.literal('bn128'),
  })
  .refine(({ pi_d, pi_k }) => (pi_d === undefined) === (pi_k === undefined), {
    error: 'pi_d and pi_k belong together',
  });

const publicSignalsSchema = z.array(decimal).max(MAX_PUBLIC_SIGNALS);

/** What a prover that knows nothing of commitments calls public: the committed wires are among it. */
const publicWiresSchema = z.array(decimal).max(MAX_PUBLIC_WIRES);

/** A Groth16 proof in snarkjs's JSON form, with two points more where the circuit has committed wires. */
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
  return parseDecimals(publicSignalsSchema, value);
}

/**
 * The same for the public wires that a prover gives.
 *
 * @throws BadInputError PUBLIC_SIGNALS_MALFORMED
 */
export function parsePublicWires(value: unknown): PublicSignals {
  return parseDecimals(publicWiresSchema, value);
}

function parseDecimals(schema: typeof publicSignalsSchema, value: unknown): PublicSignals {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadInputError(
    'PUBLIC_SIGNALS_MALFORMED',
    `not a list of public signals: ${z.prettifyError(parsed.error)}`,
  );
}
