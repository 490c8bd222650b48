import type { FloatRelu } from '../float-model.ts';
import type { FloatKind } from './kind.ts';

export const relu: FloatKind<FloatRelu> = {
  evaluate: ({ input }, _, values) => values[input].map((value) => (value > 0 ? value : 0)),
  quantise(quantiser, { name, input, output }) {
    const range = { signed: false, bits: quantiser.activationBits(output) };
    quantiser.rescale(name, quantiser.place(input), output, range, true);
  },
};
