import { z } from 'zod';
import { base64, decodeInt32, encodeInt32 } from '../constants.ts';
import { expect, expectShape } from '../expect.ts';
import { ints, larger, smaller, times } from '../exact.ts';
import { HullOfShape } from '../interval.ts';
import { sizeOf } from '../tensor.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** acc = factor · input, each value by a constant of its own. */
export interface ScaleNode {
  readonly kind: 'scale';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** One for each value. */
  readonly factors: Int32Array;
}

const schema = z.strictObject({ kind: z.literal('scale'), ...unaryFields, factors: base64 });

export const scale = {
  schema,
  encode: ({ kind, name, input, output, factors }) => ({
    kind,
    name,
    input,
    output,
    factors: encodeInt32(factors),
  }),
  decode: (file) => ({ ...file, factors: decodeInt32(file.name, file.factors) }),
  validate(node, tensors) {
    const { shape } = tensors[node.input];
    expectShape(node, shape, tensors[node.output].shape);
    const { length } = node.factors;
    expect(length === sizeOf(shape), `${node.name}: expected ${sizeOf(shape)} factors, got ${length}`);
  },
  interval({ input, output, factors }, tensors, intervals) {
    const { low, high, run } = intervals[input];
    const hull = new HullOfShape(tensors[output].shape);
    ints(factors).forEach((factor, i) => {
      const entry = Math.floor(i / run);
      const ends = [times(factor, low[entry]), times(factor, high[entry])] as const;
      hull.put(i, smaller(...ends), larger(...ends));
    });
    return hull.interval();
  },
  // + 0: zero times a negative number is −0 in doubles.
  evaluate: ({ input, factors }, _, values) => values[input].map((value, i) => value * factors[i] + 0),
} satisfies NodeKind<ScaleNode, z.infer<typeof schema>>;
