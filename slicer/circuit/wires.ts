import type { SlicePlan } from './plan.ts';

/**
 * The wires that a slice's circuit starts with: one; the public signals (commitments of inputs, of outputs,
 * tag); the private inputs (the input tensors' values, then the salts in the commitments' order).
 */
export interface FixedWires {
  readonly publicInputs: number;
  readonly privateInputs: number;
  /** By commitment: inputs, then outputs. */
  readonly commitments: readonly number[];
  readonly tag: number;
  /** The first value of each input tensor. */
  readonly inputs: readonly number[];
  /** By commitment. */
  readonly salts: readonly number[];
  /** The first wire that gadgets allocate. */
  readonly next: number;
}

export function fixedWires({ inputs, outputs }: Pick<SlicePlan, 'inputs' | 'outputs'>): FixedWires {
  const count = inputs.length + outputs.length;
  const commitments = Array.from({ length: count }, (_, i) => 1 + i);
  const tag = 1 + count;
  let next = tag + 1;
  const starts = inputs.map((spec) => {
    const start = next;
    next += spec.count;
    return start;
  });
  const salts = commitments.map((_, i) => next + i);
  next += count;
  return { publicInputs: tag, privateInputs: next - tag - 1, commitments, tag, inputs: starts, salts, next };
}
