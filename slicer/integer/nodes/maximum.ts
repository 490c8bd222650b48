import { z } from 'zod';
import { larger } from '../exact.ts';
import { expectShape } from '../expect.ts';
import { binaryFields, type NodeKind } from './kind.ts';

/** The larger of two tensors of equal shape, elementwise. Works on accumulators. */
export interface MaximumNode {
  readonly kind: 'maximum';
  readonly name: string;
  readonly inputs: readonly [number, number];
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('maximum'), ...binaryFields });

export const maximum = {
  schema,
  encode: ({ kind, name, inputs, output }) => ({ kind, name, inputs: [...inputs], output }),
  decode: (file) => file,
  validate(node, tensors) {
    const { shape } = tensors[node.inputs[0]];
    expectShape(node, shape, tensors[node.inputs[1]].shape);
    expectShape(node, shape, tensors[node.output].shape);
  },
  interval({ inputs }, _, intervals) {
    const [left, right] = inputs.map((id) => intervals[id]);
    return {
      low: left.low.map((least, e) => larger(least, right.low[e])),
      high: left.high.map((most, e) => larger(most, right.high[e])),
      run: left.run,
    };
  },
  evaluate: ({ inputs: [left, right] }, _, values) =>
    values[left].map((value, i) => Math.max(value, values[right][i])),
} satisfies NodeKind<MaximumNode, z.infer<typeof schema>>;
