import { z } from 'zod';
import { expect } from '../expect.ts';
import { HullOfShape, type TensorInterval } from '../interval.ts';
import { PROGRAM_LIMITS } from '../limits.ts';
import { join } from '../kernels/join.ts';
import { sizeOf, type ProgramTensor } from '../tensor.ts';
import { nodeName, tensorIndex, type NodeKind } from './kind.ts';

/** Joins tensors of one scale along an axis; how a consumer takes the tiles of a cut layer, too. */
export interface ConcatNode {
  readonly kind: 'concat';
  readonly name: string;
  readonly inputs: readonly number[];
  readonly axis: number;
  readonly output: number;
}

const schema = z.strictObject({
  kind: z.literal('concat'),
  name: nodeName,
  inputs: z.array(tensorIndex).min(1).max(1024),
  axis: z.int().min(0).max(PROGRAM_LIMITS.rank),
  output: tensorIndex,
});

export const concat = {
  schema,
  encode: ({ kind, name, inputs, axis, output }) => ({ kind, name, inputs: [...inputs], axis, output }),
  decode: (file) => file,
  validate(node, tensors) {
    const { name, axis, inputs } = node;
    const shapes = inputs.map((id) => tensors[id].shape);
    const output = tensors[node.output].shape;
    expect(axis < output.length, `${name}: axis ${axis} does not exist`);
    const joined = shapes.reduce((sum, shape) => sum + shape[axis], 0);
    const fits = shapes.every(
      (shape) => shape.length === output.length && shape.every((size, i) => i === axis || size === output[i]),
    );
    expect(fits && joined === output[axis], `${name}: its inputs do not join to ${output.join('×')}`);
    const { scale } = tensors[inputs[0]];
    const same = inputs.every((id) => tensors[id].scale === scale);
    expect(same, `${name}: its inputs differ in scale`);
  },
  interval: concatInterval,
  evaluate: ({ inputs, axis, output }, tensors, values) =>
    join(
      inputs.map((id) => values[id]),
      inputs.map((id) => tensors[id].shape),
      axis,
      sizeOf(tensors[output].shape),
    ),
} satisfies NodeKind<ConcatNode, z.infer<typeof schema>>;

function concatInterval(
  node: ConcatNode,
  tensors: readonly ProgramTensor[],
  intervals: readonly TensorInterval[],
): TensorInterval {
  const hull = new HullOfShape(tensors[node.output].shape);
  const outChannels = tensors[node.output].shape[1] ?? 1;
  let joined = 0;
  for (const index of node.inputs) {
    const { shape } = tensors[index];
    const channels = shape[1] ?? 1;
    for (let e = 0; e < intervals[index].low.length; e++) {
      const batch = Math.floor(e / channels) + (node.axis === 0 ? joined : 0);
      const channel = (e % channels) + (node.axis === 1 ? joined : 0);
      const target = batch * outChannels + channel;
      hull.put(target * hull.run, intervals[index].low[e], intervals[index].high[e]);
    }
    joined += shape[node.axis];
  }
  return hull.interval();
}
