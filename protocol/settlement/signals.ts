import { tagOf, type TagOf } from '../tag.ts';
import { SettlementError } from './errors.ts';

/** A slice of a job, and who proves it. */
export interface SignalsOf extends TagOf {
  /** The job's commitments by tensor id, 0x and 64 digits each. */
  readonly trace: readonly string[];
  /** Ids of the tensors that the slice reads and writes, in the model's order. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * The public signals of a slice's proof, as the chain builds them: commitments of its inputs, of its outputs,
 * tag. Equal to `signalsOf` of SliceMarket.
 * @throws SettlementError SETTLEMENT_TRACE_SHORT when the trace has no commitment for a tensor
 */
export function signalsOf({ trace, inputs, outputs, ...tag }: SignalsOf): bigint[] {
  const commitments = [...inputs, ...outputs].map((id) => {
    const commitment = trace[id];
    if (commitment !== undefined) return BigInt(commitment);
    throw new SettlementError(
      'SETTLEMENT_TRACE_SHORT',
      `expected a commitment of tensor ${id}, the trace has ${trace.length}`,
    );
  });
  return [...commitments, tagOf(tag)];
}
