import { sizeOf } from '../../integer/program.ts';
import { QuantiseError } from '../errors.ts';
import type { FloatDivide } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { boundedReciprocal, multiplied } from './steps.ts';

/** Bits of a reciprocal beyond those of an activation. */
const GUARD_BITS = 2;

/**
 * num / den for a den that calibration saw above zero only: num times the rounded reciprocal of den. `spread` says
 * which reciprocal each value takes, since a broadcast divisor needs one each only.
 */
export const divide: FloatKind<FloatDivide> = {
  evaluate: ({ inputs: [num, den], spread }, _, values) =>
    values[num].map((value, i) => value / values[den][spread[i]]),
  quantise(quantiser, { name, inputs: [num, den], spread, output }) {
    const { low } = quantiser.seen(den);
    if (!(low > 0)) {
      throw new QuantiseError(
        'QUANTISE_DIVISOR',
        `${name}: expected a divisor above zero on the calibration samples, got ${low}`,
        { hint: 'Only divisions by what is always positive can be proved.' },
      );
    }
    const bits = quantiser.activationBits(output) + GUARD_BITS;
    const reciprocals = boundedReciprocal(quantiser, `${name}/reciprocal`, quantiser.place(den), bits);
    const left = quantiser.ranged(num);
    const shape = quantiser.shapeOf(left.id);
    const same = spread.length === sizeOf(quantiser.shapeOf(reciprocals.id));
    const right = same
      ? reciprocals
      : quantiser.derive(`${name}/spread`, shape, reciprocals, (id) => ({
          kind: 'gather',
          name: `${name}/spread`,
          input: reciprocals.id,
          output: id,
          indices: spread,
          fill: 0,
        }));
    quantiser.put(output, multiplied(quantiser, name, left, right));
  },
};
