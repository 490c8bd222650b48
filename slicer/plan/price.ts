/**
 * What proving a slice costs, in constraints of a full circuit. A prover's FFTs and the MSM over H follow
 * the domain, the next power of two; building A·w and B·w and the other MSMs follow the constraints
 * (measured with snarkjs at 2^16: 61 and 37 parts of a hundred).
 */
export function provingPrice(constraints: number): number {
  return 0.4 * constraints + 0.6 * domainSize(constraints) + PROOF_PRICE;
}

/** A proof's fixed cost: its share of settlement, and a prover's start. */
const PROOF_PRICE = 2048;

/**
 * Size of the domain that a circuit needs: 2^k with k = ⌊log2(constraints + public signals)⌋ + 1. A slice has
 * at most {@link SIGNAL_LIMIT} public signals, which are counted as if all were there.
 */
export function domainSize(constraints: number): number {
  return 2 ** (Math.floor(Math.log2(constraints + SIGNAL_LIMIT)) + 1);
}

/** The market takes circuits of up to 12 public signals: tensors in and out, and the tag. */
export const SIGNAL_LIMIT = 12;
export const SLICE_TENSOR_LIMIT = SIGNAL_LIMIT - 1;

/** Most that a model may have: what a job's masks and a trace on chain can hold. */
export const MODEL_LIMITS = { slices: 256, tensors: 1024 } as const;
