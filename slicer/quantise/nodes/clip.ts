import { boundsOf } from '../../integer/program.ts';
import type { FloatClip } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { beside, rescaled } from './steps.ts';

/** Bounds of any kind, by the clamp of a rescale: Clip, Relu6, HardSigmoid. */
export const clip: FloatKind<FloatClip> = {
  evaluate: ({ input, low, high }, _, values) =>
    values[input].map((value) => Math.min(high, Math.max(low, value))),
  quantise(quantiser, { name, input, output, low, high }) {
    const from = beside(quantiser, name, quantiser.place(input), output, [low, high]);
    const range = quantiser.range(output);
    const scale = Math.min(quantiser.fit(output, range), from.scale);
    const bounds = boundsOf(range);
    const at = (real: number): number =>
      Math.min(bounds.high, Math.max(bounds.low, Math.floor(real * 2 ** scale + 0.5)));
    quantiser.put(output, rescaled(quantiser, name, from, { scale, range, clamp: [at(low), at(high)] }));
  },
};
