import { boundsOf } from '../../integer/program.ts';
import type { FloatConstant } from '../float-model.ts';
import { fitScale, toIntegers } from '../scales.ts';
import type { FloatKind } from './kind.ts';

/** Bits of a tensor that the model knows. */
const BITS = 16;

export const constant: FloatKind<FloatConstant> = {
  evaluate: ({ values }) => values,
  quantise(quantiser, { name, output, values }) {
    if (quantiser.isWhole(output)) {
      quantiser.emit({ kind: 'constant', name, output: quantiser.tensor(output, 0), values });
      return;
    }
    const range = { signed: true, bits: BITS };
    // Zeros take the scale of what they are joined with.
    const scale = values.every((value) => value === 0)
      ? quantiser.fit(output, range)
      : fitScale(values, boundsOf(range));
    quantiser.emit({
      kind: 'constant',
      name,
      output: quantiser.tensor(output, scale),
      values: toIntegers(values, boundsOf(range), scale),
    });
  },
};
