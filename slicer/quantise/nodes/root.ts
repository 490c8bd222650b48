import type { FloatRoot } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { finer, rescaled } from './steps.ts';

/** Bits of a root beyond those of an activation, since it is often divided by. */
const GUARD_BITS = 2;

/** The integer root of an accumulator that is not below zero, which a rescale sees to. */
export const root: FloatKind<FloatRoot> = {
  evaluate: ({ input }, _, values) => values[input].map((value) => Math.sqrt(Math.max(0, value))),
  quantise(quantiser, { name, input, output }) {
    const bits = 2 * (quantiser.activationBits(output) + GUARD_BITS);
    const from = quantiser.place(input);
    const range = { signed: false, bits: Math.min(32, bits) };
    const scale = Math.min(quantiser.fit(input, range), from.scale);
    const radicand = rescaled(quantiser, `${name}/radicand`, from, { scale, range });
    // As fine as the bits allow, and even: the root of 2^−scale is a power of two.
    const spare = Math.max(0, quantiser.fit(input, range) - scale);
    const even = scale + spare + ((scale + spare) % 2 === 0 ? 0 : 1);
    const fine = finer(quantiser, `${name}/finer`, radicand, even);
    const shape = quantiser.shapeOf(fine.id);
    const placed = quantiser.derive(name, shape, { scale: even / 2 }, (id) => ({
      kind: 'isqrt',
      name,
      input: fine.id,
      output: id,
    }));
    quantiser.put(output, placed);
  },
};
