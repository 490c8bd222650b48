// A thread that checks proofs, so that HTTP stays responsive while pairings are computed.
import { parentPort } from 'node:worker_threads';
import { SliceproofError } from '../../../protocol/errors.ts';
import { createProofVerifier, type ProofVerifier } from '../../../groth16/verify/verify.ts';
import { BoundedCache } from '../../chain/cache.ts';
import type { CheckMessage, OutcomeMessage } from './messages.ts';

/** Keys made ready: each keeps a small memory of its own. */
const VERIFIERS = 32;

const verifiers = new BoundedCache<ProofVerifier>(VERIFIERS);

parentPort?.on('message', (check: CheckMessage) => {
  void answer(check).then((outcome) => parentPort?.postMessage(outcome));
});

async function answer({ id, keyId, key, signals, proof }: CheckMessage): Promise<OutcomeMessage> {
  try {
    const verifier = await verifiers.get(keyId, () => createProofVerifier(key));
    return { id, verdict: verifier.verify(signals.map(String), proof) };
  } catch (error) {
    const code = error instanceof SliceproofError ? error.code : 'VERIFICATION_FAILED';
    return { id, failed: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}
