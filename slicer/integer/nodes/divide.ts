import { z } from 'zod';
import { IntegerProgramError } from '../errors.ts';
import { expectShape, expectShifts } from '../expect.ts';
import { exact, exacts, larger, negated, plus, shifted, smaller, times, type Exact } from '../exact.ts';
import { inRange } from '../interval.ts';
import { binaryFields, shiftBits, type NodeKind } from './kind.ts';

/**
 * q = floor((num · 2^shift + ⌊den / 2⌋) / den), elementwise: the quotient rounded to the nearest. The divisor's
 * interval must be above zero.
 */
export interface DivideNode {
  readonly kind: 'divide';
  readonly name: string;
  /** num, den. */
  readonly inputs: readonly [number, number];
  readonly shift: number;
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('divide'), ...binaryFields, shift: shiftBits });

export const divide = {
  schema,
  encode: ({ kind, name, inputs, shift, output }) => ({ kind, name, inputs: [...inputs], output, shift }),
  decode: (file) => file,
  validate(node, tensors) {
    expectShifts(node, [node.shift]);
    const { shape } = tensors[node.inputs[0]];
    expectShape(node, shape, tensors[node.inputs[1]].shape);
    expectShape(node, shape, tensors[node.output].shape);
  },
  interval(node, tensors, intervals) {
    const [num, den] = node.inputs.map((id) => intervals[id]);
    const low = exacts(num.low.length);
    const high = exacts(num.low.length);
    for (let e = 0; e < low.length; e++) {
      if (den.low[e] <= 0) {
        throw new IntegerProgramError(
          'INTEGER_DIVISOR',
          `${node.name}: expected a divisor above zero, channel ${e} can be ${den.low[e]} … ${den.high[e]}`,
          { hint: 'Take the maximum of the divisor and a constant first.' },
        );
      }
      // The dividend with its half, and the rounding of the division: see quotient().
      const most = larger(negated(num.low[e]), num.high[e]);
      plus(shifted(most, node.shift), times(2, den.high[e]));
      // num / den + 1/2 is monotone in each: its extremes are at the corners.
      const ends = [den.low[e], den.high[e]];
      const quotients = (dividend: Exact): readonly Exact[] =>
        ends.map((divisor) => exact(quotient(dividend, divisor, node.shift)));
      low[e] = quotients(num.low[e]).reduce(smaller);
      high[e] = quotients(num.high[e]).reduce(larger);
    }
    return inRange(node, tensors, { low, high, run: num.run });
  },
  evaluate: ({ inputs: [num, den], shift }, _, values) =>
    values[num].map((value, i) => quotient(value, values[den][i], shift)),
} satisfies NodeKind<DivideNode, z.infer<typeof schema>>;

/**
 * floor((num · 2^shift + ⌊den / 2⌋) / den) in doubles, exactly.
 *
 * Let a be the dividend, an integer, with |a| + den < 2^53 (see interval). If den divides a, the quotient is an
 * integer and exact. Otherwise let m be the integer above a / den: m − a / den ≥ 1 / den. Doubles from a / den to m
 * are at most max(|m|, |a| / den) · 2^−52 apart, and half of that is at most (|a| + den) / den · 2^−53 < 1 / den: the
 * nearest double to a / den is below m, so its floor is that of a / den. ONNX Runtime computes the same three
 * operations.
 */
function quotient(num: number, den: number, shift: number): number {
  return Math.floor((num * 2 ** shift + Math.floor(den / 2)) / den) + 0;
}
