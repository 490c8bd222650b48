import type { FloatOffset } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { settle, wrapped } from './whole.ts';

/** Constants added to an accumulator, at its own scale where that can tell them: nothing is rescaled for it. */
export const offset: FloatKind<FloatOffset> = {
  evaluate: ({ input, values: offsets, output }, tensors, values) =>
    wrapped(
      tensors[output],
      values[input].map((value, i) => value + offsets[i]),
    ),
  quantise(quantiser, { name, input, output, values }) {
    const { id, scale: own } = quantiser.place(input);
    const scale = quantiser.scaleBeside(output, own, values);
    const constant = quantiser.derive(`${name}/constant`, quantiser.shapeOf(id), { scale }, (written) => ({
      kind: 'constant',
      name: `${name}/constant`,
      output: written,
      values: values.map((value) => Math.round(value * 2 ** scale) + 0),
    }));
    quantiser.emit({
      kind: 'add',
      name,
      inputs: [id, constant.id],
      shifts: [scale - own, 0],
      output: quantiser.tensor(output, scale),
    });
    settle(quantiser, output, quantiser.place(output));
  },
};
