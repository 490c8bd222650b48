/** `sliceproof/prover`: a built model run and proved, a job's slices computed again, and Groth16 proofs of any circuit made. */
export { proveInferences, type InferencesToProve, type ProveProgress } from '../desk/prove.ts';
export { recheckSlices } from '../verifier/job/recheck.ts';
export { encodeInferenceProof, type InferenceProof } from '../desk/inference-proof.ts';
export { jobInputs, readInputs, type JobInputs } from '../protocol/inputs/read-inputs.ts';
export { readManifest } from '../slicer/build/folder.ts';
export { createProverPool, type ProverPool, type ProverPoolOptions } from '../groth16/prove/pool.ts';
export type { MeasuredProof, ProveRequest } from '../groth16/prove/worker-messages.ts';
export { SliceproofError } from '../protocol/errors.ts';
