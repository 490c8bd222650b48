import { groth16 } from 'snarkjs';
import { parseProof, parsePublicWires } from '../formats/proof.ts';
import { readZkeyHeader } from '../formats/zkey-file.ts';
import { witnessLength } from '../formats/witness-file.ts';
import type { ProofBackend, ProvedStatement } from './backend.ts';
import { openCommitmentKey, withCommitment } from '../lookups/commitment.ts';
import { ProveError } from './errors.ts';

/**
 * snarkjs on one thread of this process: it blocks the event loop for seconds, so it belongs into a process
 * of its own (pool.ts). The curve is built at the first proof and kept by snarkjs.
 */
export function createSnarkjsBackend(): ProofBackend {
  const open: ProofBackend['open'] = async (provingKey) => {
    const { wires } = readZkeyHeader(provingKey);
    const commitment = await openCommitmentKey(provingKey);
    return {
      prove: async (witness) => withCommitment(commitment, witness, await prove(provingKey, wires, witness)),
    };
  };
  return {
    name: 'snarkjs',
    keepsBytes: true,
    open,
    prove: async ({ provingKey, witness }) => (await open(provingKey)).prove(witness),
  };
}

async function prove(provingKey: Uint8Array, wires: number, witness: Uint8Array): Promise<ProvedStatement> {
  const given = witnessLength(witness);
  if (given !== wires) {
    throw new ProveError(
      'PROVE_WITNESS_LENGTH',
      `the proving key has ${wires} wires, the witness ${given} values`,
      { hint: 'key and witness belong to different circuits' },
    );
  }
  const made = await groth16.prove({ type: 'mem', data: provingKey }, { type: 'mem', data: witness }, null, {
    singleThread: true,
  });
  return { proof: parseProof(made.proof), publicSignals: parsePublicWires(made.publicSignals) };
}
