/** `sliceproof/verify`: receipts and proofs checked. Runs in a browser; needs no key and no ONNX Runtime, and a store for `verifyJob` alone. */
export { checkReceipt } from '../verifier/job/check-receipt.ts';
export { verifyJob, type JobToVerify, type VerifiedJob } from '../verifier/job/verify-job.ts';
export { receiptSchema, type JobReceipt } from '../protocol/receipt.ts';
export { verifyInference, type InferenceReport } from '../desk/verify.ts';
export { decodeInferenceProof, manifestDigestOf, type InferenceProof } from '../desk/inference-proof.ts';
export {
  createProofVerifier,
  verifyProof,
  type ProofVerifier,
  type Verdict,
} from '../groth16/verify/verify.ts';
export { parseVerifyingKey, type VerifyingKeyJson } from '../groth16/formats/verifying-key.ts';
export { parseProof, type ProofJson } from '../groth16/formats/proof.ts';
export { openContracts, type Contracts } from '../protocol/contracts/market.ts';
export { deploymentSchema, type Deployment } from '../protocol/contracts/deployment.ts';
export { SliceproofError } from '../protocol/errors.ts';
