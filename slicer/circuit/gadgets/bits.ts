import { minus, negated, type Exact, type Operand } from '../../integer/exact.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/**
 * A wire that is proved to be in [low, low + 2^bits − 1].
 *
 * Statement: value = low + Σ 2^i · b_i with b_i ∈ {0, 1}.
 * Constraints: `bits`. Wires besides the value: bits − 1.
 * Argument: b_1 … b_(bits−1) are wires with a boolean row each; b_0 is not a wire but the form
 * value − low − Σ_(i≥1) 2^i · b_i, and its boolean row b_0 · (b_0 − 1) = 0 leaves value − low = Σ 2^i · b_i.
 * The b_i are unique since 2^bits is below the field's order. (With b_0 as a wire the sum would cost a row.)
 */
export function constrainRange(builder: R1csBuilder, value: number, low: Operand, bits: number): void {
  const first = builder.newWires(bits - 1);
  for (const [side, constant] of [
    [builder.a, negated(low)],
    [builder.b, minus(negated(low), 1)],
  ] as const) {
    if (constant !== 0) side.push(ONE, builder.scaled(constant));
    side.push(value, builder.scaled(1));
    for (let i = 1; i < bits; i++) side.push(first + i - 1, builder.scaled(-1, i));
  }
  builder.endRow();
  for (let i = 1; i < bits; i++) builder.boolean(first + i - 1);
}

/** Rows of {@link constrainRange}. */
export function rangeRows(bits: number): number {
  return bits;
}

/** The bits of {@link constrainRange} but the lowest, into the next wires. */
export function assignRange(writer: WitnessWriter, value: Exact, low: Operand, bits: number): void {
  writer.nextBits(BigInt(value) - BigInt(low), bits, 0);
}
