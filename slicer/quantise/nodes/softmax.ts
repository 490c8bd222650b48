import { int32s } from '../../integer/exact.ts';
import { sizeOf } from '../../integer/program.ts';
import type { FloatSoftmax } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { TABLE_BITS } from './function.ts';
import { atLeast, multiplied, reciprocal, repeated, rescaled, reshaped, rowSums } from './steps.ts';

/**
 * Shares along the last axis. With d = max x − x ≥ 0 in the bits of x, e = exp(−d) out of a table whose value at 0
 * is all bits; their sum is at least that value, since one d is 0, and gets one rounded reciprocal a row.
 */
export const softmax: FloatKind<FloatSoftmax> = {
  evaluate({ input, factor }, tensors, values) {
    const width = tensors[input].shape.at(-1) ?? 1;
    return softmaxRows(factor === 1 ? values[input] : values[input].map((value) => value * factor), width);
  },
  quantise(quantiser, { name, input, output, factor }) {
    const given = quantiser.ranged(input);
    const original = quantiser.shapeOf(given.id);
    const width = original.at(-1) ?? 1;
    const rows = sizeOf(original) / width;
    const x = reshaped(quantiser, `${name}/rows`, given, [rows, width]);
    const { bits } = quantiser.rangeAt(given.id);
    const distance = quantiser.derive(`${name}/below`, [rows, width], { scale: x.scale }, (id) => ({
      kind: 'below-max',
      name: `${name}/below`,
      input: x.id,
      output: id,
    }));
    const range = { signed: false, bits: quantiser.activationBits(output) };
    const one = 2 ** range.bits - 1;
    const below = inTable(quantiser, `${name}/argument`, distance, { bits, factor, one });
    const exponentials = quantiser.derive(
      `${name}/exp`,
      [rows, width],
      { scale: range.bits, range },
      (id) => ({
        kind: 'table',
        name: `${name}/exp`,
        input: below.id,
        output: id,
        first: 0,
        values: int32s(
          Array.from({ length: 2 ** Math.min(bits, TABLE_BITS) }, (_, d) =>
            Math.round(one * Math.exp(-d * factor * 2 ** -below.scale)),
          ),
        ),
      }),
    );
    const sum = rowSums(quantiser, `${name}/sum`, exponentials);
    const bounded = atLeast(quantiser, `${name}/bounded`, sum, one);
    // As many bits at the largest sum as an exponential has.
    const spare = Math.ceil(Math.log2(width));
    const share = reciprocal(quantiser, `${name}/reciprocal`, bounded, 2 * range.bits + spare);
    const product = multiplied(
      quantiser,
      `${name}/product`,
      exponentials,
      repeated(quantiser, `${name}/share`, share, width),
    );
    const scale = Math.min(quantiser.fit(output, range), product.scale);
    const shares = rescaled(quantiser, name, product, { scale, range });
    quantiser.put(output, reshaped(quantiser, `${name}/shares`, shares, original));
  },
};

/**
 * Distances in the bits of a table. What is past its end saturates where the exponential is nothing there, else the distances
 * lose what bits they have to.
 */
function inTable(
  quantiser: Quantiser,
  name: string,
  distance: Placed,
  { bits, factor, one }: { readonly bits: number; readonly factor: number; readonly one: number },
): Placed {
  if (bits <= TABLE_BITS) return distance;
  const isNothing = (scale: number): boolean =>
    one * Math.exp(-(2 ** TABLE_BITS) * factor * 2 ** -scale) < 1 / 2;
  let spare = 0;
  while (spare < bits - TABLE_BITS && !isNothing(distance.scale - spare)) spare++;
  const range = { signed: false, bits: TABLE_BITS };
  return rescaled(quantiser, name, distance, { scale: distance.scale - spare, range });
}

function softmaxRows(values: Float64Array, width: number): Float64Array {
  const output = new Float64Array(values.length);
  for (let row = 0; row < values.length; row += width) {
    const part = values.subarray(row, row + width);
    const most = part.reduce((larger, value) => Math.max(larger, value), -Infinity);
    const exponentials = part.map((value) => Math.exp(value - most));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    output.set(
      exponentials.map((value) => value / sum),
      row,
    );
  }
  return output;
}
