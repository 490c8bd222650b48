/** `sliceproof/groth16`: snarkjs's Groth16 functions, with its arguments, files and results, and a prover that is several times faster. */
import { verifyProof } from './verify/verify.ts';

export { fullProve, prove, terminate, type CircuitInputs, type FullProof } from './alone/prove.ts';
export { developmentSetup, exportVerificationKey, setup } from './alone/setup.ts';
export type { FileToRead, FileToWrite, MemoryFile } from './alone/files.ts';
export type { ProofJson } from './formats/proof.ts';
export type { VerifyingKeyJson } from './formats/verifying-key.ts';
export { SliceproofError } from '../protocol/errors.ts';

/**
 * Whether a proof holds: snarkjs's `groth16.verify`, and stricter. It refuses coordinates and signals that aren't reduced, points at
 * infinity, off the curve or outside the group, too; {@link verifyProof} of `sliceproof/verify` says which.
 *
 * @param verifyingKey as `snarkjs zkey export verificationkey` writes it, parsed
 * @throws BadInputError VERIFYING_KEY_MALFORMED, VERIFYING_KEY_POINT, for the key only
 */
export async function verify(
  verifyingKey: unknown,
  publicSignals: unknown,
  proof: unknown,
): Promise<boolean> {
  return (await verifyProof(verifyingKey, publicSignals, proof)).ok;
}
