import { z } from 'zod';
import { expect, expectShape } from '../expect.ts';
import { checkMagnitude } from '../interval.ts';
import { boundsOf, rangeOf, type IntegerRange } from '../tensor.ts';
import { shiftBits, unaryFields, type NodeKind } from './kind.ts';

/**
 * q = clamp(floor((acc + half) / 2^shift), low, high) with half = 2^(shift−1), or 0 when shift = 0; the output
 * tensor's range is exactly [low, high] as {@link IntegerRange} says. `relu` sets low to 0 (range unsigned).
 */
export interface RescaleNode {
  readonly kind: 'rescale';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly shift: number;
  readonly relu: boolean;
}

const schema = z.strictObject({
  kind: z.literal('rescale'),
  ...unaryFields,
  shift: shiftBits,
  relu: z.boolean(),
});

export const rescale = {
  schema,
  encode: ({ kind, name, input, output, shift, relu }) => ({ kind, name, input, output, shift, relu }),
  decode: (file) => file,
  validate(node, tensors) {
    const { name, relu } = node;
    const output = tensors[node.output];
    expectShape(node, tensors[node.input].shape, output.shape);
    expect(output.range !== undefined, `${name}: its output has no range`);
    expect(!relu || !output.range.signed, `${name}: relu writes an unsigned range`);
  },
  interval(node, tensors, intervals) {
    const { low, high, run } = intervals[node.input];
    const half = halfOf(node);
    const quantise = quantiser(node, rangeOf(tensors[node.output]));
    const bound = (value: number, entry: number): number => {
      checkMagnitude(node.name, entry, Math.abs(value) + half);
      return quantise(value);
    };
    return { low: low.map(bound), high: high.map(bound), run };
  },
  evaluate: (node, tensors, values) => values[node.input].map(quantiser(node, rangeOf(tensors[node.output]))),
} satisfies NodeKind<RescaleNode, z.infer<typeof schema>>;

/** What is added before the division, so that it rounds. */
export function halfOf({ shift }: RescaleNode): number {
  return shift === 0 ? 0 : 2 ** (shift - 1);
}

function quantiser(node: RescaleNode, range: IntegerRange): (value: number) => number {
  const bounds = boundsOf(range);
  const low = node.relu ? Math.max(0, bounds.low) : bounds.low;
  const half = halfOf(node);
  const factor = 2 ** -node.shift;
  return (value) => Math.min(bounds.high, Math.max(low, Math.floor((value + half) * factor)));
}
