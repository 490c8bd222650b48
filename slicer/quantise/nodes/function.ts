import { int32s } from '../../integer/exact.ts';
import { boundsOf } from '../../integer/program.ts';
import type { FloatFunction } from '../float-model.ts';
import { toIntegers, type Bounds } from '../scales.ts';
import type { FloatKind } from './kind.ts';
import { rescaled } from './steps.ts';

/** Bits of the widest table's argument. */
export const TABLE_BITS = 12;

/** Any function of one value: a table over the bits of its argument. */
export const functionOf: FloatKind<FloatFunction> = {
  evaluate: ({ input, of }, _, values) => values[input].map(of),
  quantise(quantiser, { name, input, output, of }) {
    const given = quantiser.ranged(input);
    const { signed, bits } = quantiser.rangeAt(given.id);
    const spare = Math.max(0, bits - TABLE_BITS);
    const argument =
      spare === 0
        ? given
        : rescaled(quantiser, `${name}/argument`, given, {
            scale: given.scale - spare,
            range: { signed, bits: TABLE_BITS },
          });
    const { low: first, high: last }: Bounds = boundsOf({ signed, bits: bits - spare });
    const range = quantiser.range(output);
    const scale = quantiser.fit(output, range);
    const reals = Float64Array.from({ length: last - first + 1 }, (_, i) =>
      finite(of((first + i) * 2 ** -argument.scale)),
    );
    const values = int32s(toIntegers(reals, boundsOf(range), scale));
    const shape = quantiser.shapeOf(argument.id);
    const placed = quantiser.derive(name, shape, { scale, range }, (id) => ({
      kind: 'table',
      name,
      input: argument.id,
      output: id,
      first,
      values,
    }));
    quantiser.put(output, placed);
  },
};

/** Poles saturate, and where a function is not defined it is zero: the model never asks there. */
function finite(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value));
}
