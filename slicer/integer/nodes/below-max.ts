import { z } from 'zod';
import { expectShape } from '../expect.ts';
import { exact, larger, minus } from '../exact.ts';
import { HullOfShape } from '../interval.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** How far each value is below the largest of its row: d = max x − x ≥ 0 along the last axis. */
export interface BelowMaxNode {
  readonly kind: 'below-max';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('below-max'), ...unaryFields });

export const belowMax = {
  schema,
  encode: ({ kind, name, input, output }) => ({ kind, name, input, output }),
  decode: (file) => file,
  validate(node, tensors) {
    expectShape(node, tensors[node.input].shape, tensors[node.output].shape);
  },
  interval({ input, output }, tensors, intervals) {
    const { shape } = tensors[input];
    const width = shape.at(-1) ?? 1;
    const from = intervals[input];
    const hull = new HullOfShape(tensors[output].shape);
    const zero = exact(0);
    // By row: the largest that a value may be, less the least that it may be.
    for (let start = 0; start < hull.entries * hull.run; start += width) {
      let most = from.high[Math.floor(start / from.run)];
      for (let i = start; i < start + width; i++) most = larger(most, from.high[Math.floor(i / from.run)]);
      for (let i = start; i < start + width; i++) {
        hull.put(i, zero, width === 1 ? zero : minus(most, from.low[Math.floor(i / from.run)]));
      }
    }
    return hull.interval();
  },
  evaluate({ input }, tensors, values) {
    const width = tensors[input].shape.at(-1) ?? 1;
    const output = new Float64Array(values[input].length);
    for (let start = 0; start < output.length; start += width) {
      const row = values[input].subarray(start, start + width);
      const most = row.reduce((larger, value) => Math.max(larger, value), -Infinity);
      row.forEach((value, i) => (output[start + i] = most - value));
    }
    return output;
  },
} satisfies NodeKind<BelowMaxNode, z.infer<typeof schema>>;
