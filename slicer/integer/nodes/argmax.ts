import { z } from 'zod';
import { expect, expectShape } from '../expect.ts';
import { exact } from '../exact.ts';
import { inRange, uniformInterval } from '../interval.ts';
import { PROGRAM_LIMITS } from '../limits.ts';
import { sizeOf } from '../tensor.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** The position of the largest value along an axis: the first one, or the last with `last`. The axis becomes 1. */
export interface ArgmaxNode {
  readonly kind: 'argmax';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly axis: number;
  readonly last: boolean;
}

const schema = z.strictObject({
  kind: z.literal('argmax'),
  ...unaryFields,
  axis: z
    .int()
    .min(0)
    .max(PROGRAM_LIMITS.rank - 1),
  last: z.boolean(),
});

export const argmax = {
  schema,
  encode: ({ kind, name, input, output, axis, last }) => ({ kind, name, input, output, axis, last }),
  decode: (file) => file,
  validate(node, tensors) {
    const { shape } = tensors[node.input];
    expect(node.axis < shape.length, `${node.name}: axis ${node.axis} does not exist`);
    expectShape(node, shape.with(node.axis, 1), tensors[node.output].shape);
  },
  interval(node, tensors) {
    const last = exact(tensors[node.input].shape[node.axis] - 1);
    return inRange(node, tensors, uniformInterval(tensors[node.output].shape, exact(0), last));
  },
  evaluate: (node, tensors, values) => argmaxOf(node, tensors[node.input].shape, values[node.input]),
} satisfies NodeKind<ArgmaxNode, z.infer<typeof schema>>;

/** The positions of a tensor's largest values. */
export function argmaxOf(
  { axis, last }: Pick<ArgmaxNode, 'axis' | 'last'>,
  shape: readonly number[],
  values: Float64Array,
): Float64Array {
  return Float64Array.from(linesOf(shape, axis), (line) => {
    let best = 0;
    line.forEach((at, i) => {
      const wins = last ? values[at] >= values[line[best]] : values[at] > values[line[best]];
      if (wins) best = i;
    });
    return best;
  });
}

/** For each place of a tensor without an axis, in order: the indices of the values along it. */
export function linesOf(shape: readonly number[], axis: number): readonly (readonly number[])[] {
  const inner = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: sizeOf(shape) / shape[axis] }, (_, line) => {
    const start = Math.floor(line / inner) * shape[axis] * inner + (line % inner);
    return Array.from({ length: shape[axis] }, (_, i) => start + i * inner);
  });
}
