import { z } from 'zod';
import { expectShape, expectShifts } from '../expect.ts';
import { exact, exacts, negated, power, type Exact } from '../exact.ts';
import { BoundedSum, type TensorInterval } from '../interval.ts';
import { nodeName, shiftBits, tensorIndex, type NodeKind } from './kind.ts';

/** acc = left · 2^leftShift ± right · 2^rightShift, elementwise over equal shapes. */
export interface AddNode {
  readonly kind: 'add';
  readonly name: string;
  readonly inputs: readonly [number, number];
  readonly shifts: readonly [number, number];
  /** Takes the right one away; absent when it is added. */
  readonly subtract?: true;
  readonly output: number;
}

const schema = z.strictObject({
  kind: z.literal('add'),
  name: nodeName,
  inputs: z.tuple([tensorIndex, tensorIndex]),
  shifts: z.tuple([shiftBits, shiftBits]),
  subtract: z.literal(true).optional(),
  output: tensorIndex,
});

export const add = {
  schema,
  encode: ({ kind, name, inputs, shifts, subtract, output }) => ({
    kind,
    name,
    inputs: [...inputs],
    shifts: [...shifts],
    ...(subtract ? { subtract } : {}),
    output,
  }),
  decode: (file) => file,
  validate(node, tensors) {
    expectShifts(node, node.shifts);
    const { shape } = tensors[node.inputs[0]];
    expectShape(node, shape, tensors[node.inputs[1]].shape);
    expectShape(node, shape, tensors[node.output].shape);
  },
  interval: (node, _, intervals) => addInterval(node, intervals),
  evaluate(node, _, values) {
    const [left, right] = node.inputs.map((id) => values[id]);
    const [leftFactor, rightFactor]: readonly number[] = factorsOf(node);
    return left.map((value, i) => value * leftFactor + right[i] * rightFactor);
  },
} satisfies NodeKind<AddNode, z.infer<typeof schema>>;

/** What left and right are multiplied by. */
export function factorsOf({ shifts, subtract }: AddNode): readonly [Exact, Exact] {
  const right = power(shifts[1]);
  return [power(shifts[0]), subtract ? negated(right) : right];
}

function addInterval(node: AddNode, intervals: readonly TensorInterval[]): TensorInterval {
  const [left, right] = node.inputs.map((index) => intervals[index]);
  const [leftFactor, rightFactor] = factorsOf(node);
  const low = exacts(left.low.length);
  const high = exacts(left.low.length);
  for (let e = 0; e < low.length; e++) {
    const sum = new BoundedSum(exact(0));
    sum.add(leftFactor, left.low[e], left.high[e]);
    sum.add(rightFactor, right.low[e], right.high[e]);
    [low[e], high[e]] = sum.bounds;
  }
  return { low, high, run: left.run };
}
