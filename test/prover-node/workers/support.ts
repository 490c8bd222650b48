import { randomBytes } from 'node:crypto';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import type { ProveJob } from '../../../groth16/prove/prover-pool.ts';
import type { MeasuredProof } from '../../../groth16/prove/worker-messages.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { verifyProof } from '../../../groth16/verify/verify.ts';
import type { FolderStore } from '../../../protocol/store/folder-store.ts';
import { MEASURED } from '../../../prover-node/pricing/measure.ts';
import type { Piece } from '../../../prover-node/workers/piece.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';

/** A slice whose key is in a store, and what proves it. */
export interface Provable {
  readonly piece: Piece;
  readonly job: ProveJob;
  holds(made: Pick<MeasuredProof, 'proof' | 'publicSignals'>): Promise<boolean>;
}

export async function provableIn(store: FolderStore): Promise<Provable> {
  const { r1cs, computeWitness } = compileSlice(MEASURED);
  const phase1 = sampleDevelopmentPhase1((size) => randomBytes(size));
  const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1 });
  const { sha256, bytes } = await store.put(provingKey);
  const { values } = computeWitness({
    inputs: [new Float64Array(64)],
    inputSalts: [0n],
    outputSalts: [0n],
    tag: 7n,
  });
  const witness = writeWitness(values);
  return {
    piece: { key: { sha256, bytes }, witness: Buffer.from(witness).toString('base64') },
    job: { provingKey: store.pathOf(sha256), witness },
    holds: async ({ proof, publicSignals }) => (await verifyProof(verifyingKey, publicSignals, proof)).ok,
  };
}
