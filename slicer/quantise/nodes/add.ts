import type { FloatAdd } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { settle, wrapped } from './whole.ts';

/** Accumulators of a sum of tensors are rescaled first when the sum would pass this many bits. */
const SUM_BITS = 22;

export const add: FloatKind<FloatAdd> = {
  evaluate: ({ inputs: [left, right], subtract, output }, tensors, values) =>
    wrapped(
      tensors[output],
      values[left].map((value, i) => (subtract ? value - values[right][i] : value + values[right][i])),
    ),
  quantise(quantiser, { name, inputs, subtract, output }) {
    // A branch that has few bits anyway lends them: the sum is narrower, and a slice may end before it.
    const wide = inputs.map((id) => quantiser.shared(id));
    const finest = Math.max(...wide.map(({ scale }) => scale));
    const bits = Math.max(...wide.map(({ id, scale }) => quantiser.bitsAt(id) + finest - scale));
    const [left, right] =
      bits + 1 > SUM_BITS && !quantiser.wholeOf(output) ? inputs.map((id) => quantiser.ranged(id)) : wide;
    const scale = Math.max(left.scale, right.scale);
    quantiser.emit({
      kind: 'add',
      name,
      inputs: [left.id, right.id],
      shifts: [scale - left.scale, scale - right.scale],
      ...(subtract ? { subtract } : {}),
      output: quantiser.tensor(output, scale),
    });
    settle(quantiser, output, quantiser.place(output));
  },
};
