import { readBounded } from '../../protocol/files/read-bounded.ts';
import { DeskError } from '../errors.ts';
import { decodeInferenceProof, MAX_PROOF_BYTES, type InferenceProof } from '../inference-proof.ts';

/** A file of `sliceproof prove`. @throws DeskError DESK_FILE, DESK_FILE_MALFORMED; BadInputError MANIFEST_MALFORMED */
export async function readProof(file: string): Promise<InferenceProof> {
  const bytes = await readBounded(file, MAX_PROOF_BYTES).catch((cause: Error) => {
    throw new DeskError('DESK_FILE', `could not read ${file}: ${cause.message}`, { cause });
  });
  return decodeInferenceProof(bytes);
}
