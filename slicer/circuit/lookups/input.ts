import { floorShifted, lowBits, minus, negated, power, type Exacts } from '../../integer/exact.ts';
import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import { boundsOf } from '../../integer/program.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { LinearForms } from '../rows/linear.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { assignDigits, constrainDigits, demandDigits, exactWidths } from './digits.ts';
import type { LookupWriter } from './writer.ts';

/** Up to so many bits a value is cheaper out of booleans: a row a bit, and nothing for a table. */
const MOST_BOOLEANS = 2;

/**
 * The values of an input tensor, each proved to be in its range and fixed before the challenge.
 *
 * Statement: low ≤ v < low + 2^bits.
 * Rows, those of committed wires included: `bits` a value up to two bits, else 2⌈bits / digit⌉.
 * Argument: v is the form low + Σ 2^i · b_i of booleans, or a committed wire with v − low looked up digit by digit.
 */
export function constrainLookupInput(
  builder: R1csBuilder,
  lookups: LookupArgument,
  spec: TensorSpec,
  most: number,
): LinearForms {
  const forms = new LinearForms();
  const single = new LinearForms();
  const { low } = boundsOf(spec);
  for (let i = 0; i < spec.count; i++) {
    if (spec.bits <= MOST_BOOLEANS) {
      const first = builder.newWires(spec.bits);
      for (let bit = 0; bit < spec.bits; bit++) {
        lookups.boolean(first + bit);
        forms.term(first + bit, power(bit));
      }
      forms.close(low);
      continue;
    }
    const value = lookups.commit();
    single.clear();
    single.term(value, 1);
    constrainDigits(lookups, single, single.close(negated(low)), exactWidths(spec.bits, most));
    forms.term(value, 1);
    forms.close(0);
  }
  return forms;
}

/** Rows besides the argument's. */
export function lookupInputRows({ count, bits }: TensorSpec): number {
  return bits <= MOST_BOOLEANS ? bits * count : 0;
}

export function demandLookupInput(demand: LookupDemand, { count, bits }: TensorSpec, most: number): void {
  if (bits <= MOST_BOOLEANS) {
    demand.boolean(bits * count);
    return;
  }
  demand.commit(count);
  demandDigits(demand, exactWidths(bits, most), count);
}

/** The wires of {@link constrainLookupInput}. */
export function assignLookupInput(
  lookups: LookupWriter,
  spec: TensorSpec,
  values: Exacts,
  most: number,
): void {
  const { low } = boundsOf(spec);
  for (const value of values) {
    const offset = minus(value, low);
    if (spec.bits <= MOST_BOOLEANS) {
      for (let bit = 0; bit < spec.bits; bit++) lookups.boolean(lowBits(floorShifted(offset, bit), 1));
      continue;
    }
    lookups.commit(value);
    assignDigits(lookups, offset, exactWidths(spec.bits, most));
  }
}
