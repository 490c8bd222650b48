import { z } from 'zod';
import { expect, expectShape, expectShifts } from '../expect.ts';
import { exact, larger, plus, power, size, type Exact } from '../exact.ts';
import { boundsOf, rangeOf, type IntegerRange } from '../tensor.ts';
import { shiftBits, unaryFields, type NodeKind } from './kind.ts';

/**
 * q = clamp(floor((acc + half) / 2^shift), low, high) with half = 2^(shift−1), or 0 when shift = 0; low and high are
 * `clamp`, or where it is absent the ends of the output tensor's range as {@link IntegerRange} says. `relu` sets low
 * to 0 (range unsigned).
 */
export interface RescaleNode {
  readonly kind: 'rescale';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  readonly shift: number;
  readonly relu: boolean;
  /** Narrower bounds within the output's range, both included. */
  readonly clamp?: readonly [low: number, high: number];
}

const schema = z.strictObject({
  kind: z.literal('rescale'),
  ...unaryFields,
  shift: shiftBits,
  relu: z.boolean(),
  clamp: z.tuple([z.int(), z.int()]).optional(),
});

export const rescale = {
  schema,
  encode: ({ kind, name, input, output, shift, relu, clamp }) => ({
    kind,
    name,
    input,
    output,
    shift,
    relu,
    ...(clamp ? { clamp: [...clamp] } : {}),
  }),
  decode: (file) => file,
  validate(node, tensors) {
    expectShifts(node, [node.shift]);
    const { name, relu } = node;
    const output = tensors[node.output];
    expectShape(node, tensors[node.input].shape, output.shape);
    expect(output.range !== undefined, `${name}: its output has no range`);
    expect(!relu || !output.range.signed, `${name}: relu writes an unsigned range`);
    const bounds = boundsOf(output.range);
    const [low, high] = node.clamp ?? [bounds.low, bounds.high];
    const integers = Number.isInteger(low) && Number.isInteger(high);
    const within = integers && low >= bounds.low && low <= high && high <= bounds.high;
    expect(within, `${name}: clamps to ${low} … ${high}, its range is ${bounds.low} … ${bounds.high}`);
  },
  interval(node, tensors, intervals) {
    const { low, high, run } = intervals[node.input];
    const half = halfOf(node);
    const quantise = quantiser(node, rangeOf(tensors[node.output]));
    const bound = (value: Exact): Exact => {
      plus(size(value), half);
      return exact(quantise(value));
    };
    return { low: low.map(bound), high: high.map(bound), run };
  },
  evaluate(node, tensors, values) {
    const input = values[node.input];
    const quantise = quantiser(node, rangeOf(tensors[node.output]));
    const output = new Float64Array(input.length);
    for (let i = 0; i < input.length; i++) output[i] = quantise(input[i]);
    return output;
  },
} satisfies NodeKind<RescaleNode, z.infer<typeof schema>>;

/** What is added before the division, so that it rounds. */
export function halfOf({ shift }: RescaleNode): Exact {
  return shift === 0 ? exact(0) : power(shift - 1);
}

/** What a rescale leaves of any value, both ends included. */
export function clampOf(
  { clamp, relu }: RescaleNode,
  range: IntegerRange,
): { readonly low: Exact; readonly high: Exact } {
  const { low, high } = boundsOf(range);
  const [least, most] = clamp?.map(exact) ?? [low, high];
  return { low: relu ? larger(0, least) : least, high: most };
}

function quantiser(node: RescaleNode, range: IntegerRange): (value: number) => number {
  const { low, high } = clampOf(node, range);
  const half: number = halfOf(node);
  const factor = 2 ** -node.shift;
  return (value) => Math.min(high, Math.max(low, Math.floor((value + half) * factor)));
}
