import { boundsOf } from '../../integer/program.ts';
import type { FloatClip } from '../float-model.ts';
import { rangeOver } from '../integers.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { beside, rescaled } from './steps.ts';

/** Bounds of any kind, by the clamp of a rescale: Clip, Relu6, HardSigmoid. */
export const clip: FloatKind<FloatClip> = {
  evaluate: ({ input, low, high }, _, values) =>
    values[input].map((value) => Math.min(high, Math.max(low, value))),
  quantise(quantiser, { name, input, output, low, high }) {
    if (quantiser.wholeOf(output)) {
      return clipWhole(quantiser, name, quantiser.place(input), [low, high], output);
    }
    const from = beside(quantiser, name, quantiser.place(input), output, [low, high]);
    const range = quantiser.range(output);
    const scale = Math.min(quantiser.fit(output, range), from.scale);
    const bounds = boundsOf(range);
    const at = (real: number): number =>
      Math.min(bounds.high, Math.max(bounds.low, Math.floor(real * 2 ** scale + 0.5)));
    quantiser.put(output, rescaled(quantiser, name, from, { scale, range, clamp: [at(low), at(high)] }));
  },
};

/** Integers keep whatever the bounds and what they can be leave of them. */
function clipWhole(
  quantiser: Quantiser,
  name: string,
  from: Placed,
  [low, high]: readonly [number, number],
  output: number,
): void {
  const hull = quantiser.hull(from.id);
  const inside = (value: number): number => Math.min(high, Math.max(low, value)) + 0;
  const clamp = [inside(hull.low), inside(hull.high)] as const;
  quantiser.put(output, rescaled(quantiser, name, from, { scale: 0, range: rangeOver(...clamp), clamp }));
}
