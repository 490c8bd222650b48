import { z } from 'zod';
import { base64, decodeFloat64, encodeFloat64 } from '../constants.ts';
import { expect } from '../expect.ts';
import { exact } from '../exact.ts';
import { HullOfShape } from '../interval.ts';
import { sizeOf } from '../tensor.ts';
import { nodeName, tensorIndex, type NodeKind } from './kind.ts';

/** Integers that the model knows: a position's embedding, a mask, the one of a reciprocal. */
export interface ConstantNode {
  readonly kind: 'constant';
  readonly name: string;
  readonly output: number;
  /** One for each value of the output; safe integers. */
  readonly values: Float64Array;
}

const schema = z.strictObject({
  kind: z.literal('constant'),
  name: nodeName,
  output: tensorIndex,
  values: base64,
});

export const constant = {
  schema,
  encode: ({ kind, name, output, values }) => ({ kind, name, output, values: encodeFloat64(values) }),
  decode: (file) => ({ ...file, values: decodeFloat64(file.name, file.values) }),
  validate({ name, output, values }, tensors) {
    const size = sizeOf(tensors[output].shape);
    expect(values.length === size, `${name}: expected ${size} values, got ${values.length}`);
    expect(values.every(Number.isSafeInteger), `${name}: a value is not a safe integer`);
  },
  interval({ output, values }, tensors) {
    const hull = new HullOfShape(tensors[output].shape);
    values.forEach((value, i) => hull.put(i, exact(value), exact(value)));
    return hull.interval();
  },
  // + 0: the file may say −0, which is no integer.
  evaluate: ({ values }) => values.map((value) => value + 0),
} satisfies NodeKind<ConstantNode, z.infer<typeof schema>>;
