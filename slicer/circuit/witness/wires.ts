import type { SlicePlan } from '../slice-plan.ts';

/**
 * The wires that a slice's circuit starts with: one; the public signals (commitments of inputs, of outputs,
 * tag, the challenge); the private inputs (the input tensors' values, then the salts in the commitments' order).
 */
export interface FixedWires {
  readonly publicInputs: number;
  readonly privateInputs: number;
  /** By commitment: inputs, then outputs. */
  readonly commitments: readonly number[];
  readonly tag: number;
  /** Only in a circuit of lookups; the committed wires follow it when all wires have their last numbers. */
  readonly challenge?: number;
  /** The first value of each input tensor; in a circuit of lookups they are among the committed wires. */
  readonly inputs: readonly number[];
  /** By commitment. */
  readonly salts: readonly number[];
  /** The first wire that gadgets allocate. */
  readonly next: number;
}

/** @param committed how many committed wires there are; while a circuit is built they have other numbers: 0 */
export function fixedWires(
  { inputs, outputs, mode }: Pick<SlicePlan, 'inputs' | 'outputs' | 'mode'>,
  committed = 0,
): FixedWires {
  const count = inputs.length + outputs.length;
  const commitments = Array.from({ length: count }, (_, i) => 1 + i);
  const tag = 1 + count;
  const publicInputs = mode === 'lookups' ? tag + 1 : tag;
  const first = publicInputs + committed + 1;
  let next = first;
  const starts = inputs.map((spec) => {
    const start = next;
    if (mode === 'bits') next += spec.count;
    return start;
  });
  const salts = commitments.map((_, i) => next + i);
  next += count;
  return {
    publicInputs,
    privateInputs: next - first,
    commitments,
    tag,
    ...(mode === 'lookups' ? { challenge: publicInputs } : {}),
    inputs: starts,
    salts,
    next,
  };
}
