import type { R1csBuilder } from '../rows/builder.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { reduce } from '../poseidon/field.ts';

/**
 * The tag, the public signal that names job, slice and prover, has a row of its own.
 *
 * Statement: none about the tag; the row tag · tag = square only keeps the wire in the circuit.
 * Constraints: 1.
 * Argument: with the wire in A and B, its column of the proving key is not zero, so a proof for one tag is no
 * proof for another. The square is a function of the tag.
 */
export function constrainTag(builder: R1csBuilder, tag: number): void {
  builder.product(tag, tag, builder.newWires(1));
}

export const TAG_ROWS = 1;

export function assignTag(writer: WitnessWriter, tag: bigint): void {
  writer.nextField(reduce(tag * tag));
}
