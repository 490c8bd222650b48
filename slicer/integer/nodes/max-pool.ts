import { z } from 'zod';
import { expect, expectShape } from '../expect.ts';
import { layoutOf } from '../interval.ts';
import { maxPool as pool } from '../kernels/max-pool.ts';
import { encodeWindows, windowFields, windowShape, type Windows } from '../windows.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** Maximum over windows; padding never wins (it is left out of the window). Works on accumulators. */
export interface MaxPoolNode extends Windows {
  readonly kind: 'max-pool';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

const schema = z.strictObject({ kind: z.literal('max-pool'), ...unaryFields, ...windowFields });

export const maxPool = {
  schema,
  encode(node) {
    const { kind, name, input, output } = node;
    return { kind, name, input, output, ...encodeWindows(node) };
  },
  decode: (file) => file,
  validate(node, tensors) {
    const { name, kernel, pads } = node;
    const { shape } = tensors[node.input];
    const output = tensors[node.output].shape;
    const small = [0, 1].every((axis) => pads[axis] < kernel[axis] && pads[axis + 2] < kernel[axis]);
    expect(small, `${name}: padding as large as the window leaves windows empty`);
    expectShape(node, windowShape(node, shape, shape[1]), output);
    for (const axis of [0, 1] as const) {
      const reads = everyWindowReads(node, shape[axis + 2], output[axis + 2], axis);
      expect(reads, `${name}: a dilated window misses its input`);
    }
  },
  interval(node, tensors, intervals) {
    // The maximum of values of one channel stays in the channel's interval.
    const { low, high } = intervals[node.input];
    return { low, high, run: layoutOf(tensors[node.output].shape).run };
  },
  evaluate: (node, tensors, values) =>
    pool(node, values[node.input], tensors[node.input].shape, tensors[node.output].shape),
} satisfies NodeKind<MaxPoolNode, z.infer<typeof schema>>;

/** Whether each window has a tap inside the input: a maximum of nothing is no integer. */
function everyWindowReads(
  { kernel, strides, pads, dilations }: MaxPoolNode,
  size: number,
  windows: number,
  axis: 0 | 1,
): boolean {
  for (let window = 0; window < windows; window++) {
    const start = window * strides[axis] - pads[axis];
    // The first tap that is not before the input.
    const tap = start >= 0 ? 0 : Math.ceil(-start / dilations[axis]);
    if (tap >= kernel[axis] || start + tap * dilations[axis] >= size) return false;
  }
  return true;
}
