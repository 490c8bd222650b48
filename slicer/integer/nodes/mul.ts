import { z } from 'zod';
import { expectShape } from '../expect.ts';
import { exact, exacts, smaller, times } from '../exact.ts';
import { productBounds } from '../interval.ts';
import { binaryFields, type NodeKind } from './kind.ts';

/** acc = left · right, elementwise over equal shapes; the square where both are one tensor. */
export interface MulNode {
  readonly kind: 'mul';
  readonly name: string;
  readonly inputs: readonly [number, number];
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('mul'), ...binaryFields });

export const mul = {
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
    const isSquare = inputs[0] === inputs[1];
    const low = exacts(left.low.length);
    const high = exacts(left.low.length);
    for (let e = 0; e < low.length; e++) {
      [low[e], high[e]] = productBounds([left.low[e], left.high[e]], [right.low[e], right.high[e]]);
      // A square is not below zero, and its least is that of the end that is nearer to zero.
      if (isSquare) {
        const crosses = left.low[e] <= 0 && left.high[e] >= 0;
        const ends = smaller(times(left.low[e], left.low[e]), times(left.high[e], left.high[e]));
        low[e] = crosses ? exact(0) : ends;
      }
    }
    return { low, high, run: left.run };
  },
  // + 0: a product of zero and a negative number is −0 in doubles.
  evaluate: ({ inputs: [left, right] }, _, values) =>
    values[left].map((value, i) => value * values[right][i] + 0),
} satisfies NodeKind<MulNode, z.infer<typeof schema>>;
