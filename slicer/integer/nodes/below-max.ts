import { z } from 'zod';
import { expectShape } from '../expect.ts';
import { checkMagnitude, emptyInterval } from '../interval.ts';
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
  interval({ name, input, output }, tensors, intervals) {
    const { shape } = tensors[input];
    const width = shape.at(-1) ?? 1;
    const from = intervals[input];
    const { low, high, run } = emptyInterval(tensors[output].shape);
    // By row: the largest that a value may be, less the least that it may be.
    for (let start = 0; start < low.length * run; start += width) {
      let most = -Infinity;
      for (let i = start; i < start + width; i++) most = Math.max(most, from.high[Math.floor(i / from.run)]);
      for (let i = start; i < start + width; i++) {
        const entry = Math.floor(i / run);
        low[entry] = 0;
        const reach = width === 1 ? 0 : most - from.low[Math.floor(i / from.run)];
        checkMagnitude(name, entry, reach);
        high[entry] = Math.max(high[entry], reach);
      }
    }
    return { low, high, run };
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
