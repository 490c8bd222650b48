import { int32s } from '../../integer/exact.ts';
import type { FloatSlopes } from '../float-model.ts';
import { quantiseWeights } from '../scales.ts';
import type { FloatKind } from './kind.ts';
import { atLeast } from './steps.ts';

/** LeakyRelu and PRelu: n · x + (1 − n) · max(x, 0) with a slope n for each value. */
export const slopes: FloatKind<FloatSlopes> = {
  evaluate: ({ input, slopes: below }, _, values) =>
    values[input].map((value, i) => (value < 0 ? value * below[i] : value)),
  quantise(quantiser, { name, input, output, slopes: below }, weightBits) {
    const x = quantiser.place(input);
    const shape = quantiser.shapeOf(x.id);
    const positive = atLeast(quantiser, `${name}/positive`, x, 0);
    const { integers, scale: fraction } = quantiseWeights(below, weightBits);
    // One has to be an integer at the slopes' scale, too.
    const up = 2 ** Math.max(0, -fraction);
    const scale = Math.max(0, fraction);
    const slope = int32s(Array.from(integers, (value) => value * up));
    const scaled = (label: string, from: number, factors: Int32Array): number =>
      quantiser.derive(label, shape, { scale: x.scale + scale }, (id) => ({
        kind: 'scale',
        name: label,
        input: from,
        output: id,
        factors,
      })).id;
    const left = scaled(`${name}/below`, x.id, slope);
    const right = scaled(
      `${name}/above`,
      positive.id,
      int32s(Array.from(slope, (value) => 2 ** scale - value)),
    );
    quantiser.emit({
      kind: 'add',
      name,
      inputs: [left, right],
      shifts: [0, 0],
      output: quantiser.tensor(output, x.scale + scale),
    });
  },
};
