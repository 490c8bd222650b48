import { z } from 'zod';
import { expect } from '../expect.ts';
import { HullOfShape, type TensorInterval } from '../interval.ts';
import { sizeOf } from '../tensor.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** The same values in the same order under another shape (Reshape, Flatten, Squeeze, Unsqueeze). */
export interface ReshapeNode {
  readonly kind: 'reshape';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('reshape'), ...unaryFields });

export const reshape = {
  schema,
  encode: ({ kind, name, input, output }) => ({ kind, name, input, output }),
  decode: (file) => file,
  validate(node, tensors) {
    const same = sizeOf(tensors[node.input].shape) === sizeOf(tensors[node.output].shape);
    expect(same, `${node.name}: its shapes differ in size`);
  },
  interval: (node, tensors, intervals) => regroup(intervals[node.input], tensors[node.output].shape),
  evaluate: (node, _, values) => values[node.input],
} satisfies NodeKind<ReshapeNode, z.infer<typeof schema>>;

/** The interval of the same values under another shape: channels that are joined get the hull. */
function regroup(interval: TensorInterval, shape: readonly number[]): TensorInterval {
  const hull = new HullOfShape(shape);
  const { entries, run } = hull;
  for (let e = 0; e < entries; e++) {
    const first = Math.floor((e * run) / interval.run);
    const last = Math.floor(((e + 1) * run - 1) / interval.run);
    for (let i = first; i <= last; i++) hull.put(e * run, interval.low[i], interval.high[i]);
  }
  return hull.interval();
}
