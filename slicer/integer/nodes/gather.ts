import { z } from 'zod';
import { base64, decodeInt32, encodeInt32 } from '../constants.ts';
import { expect } from '../expect.ts';
import { exact } from '../exact.ts';
import { HullOfShape, type TensorInterval } from '../interval.ts';
import { boundsOf, sizeOf, type ProgramTensor, type TensorValues } from '../tensor.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/**
 * output[i] = input[indices[i]], or `fill` where the index is −1, in row-major order. Moves values and repeats
 * them: Transpose, Slice, Split, Pad, Gather, Expand, and what broadcasts.
 */
export interface GatherNode {
  readonly kind: 'gather';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** One for each value of the output. */
  readonly indices: Int32Array;
  /** An integer at the input's scale. */
  readonly fill: number;
}

const schema = z.strictObject({
  kind: z.literal('gather'),
  ...unaryFields,
  indices: base64,
  fill: z.int(),
});

export const gather = {
  schema,
  encode: ({ kind, name, input, output, indices, fill }) => ({
    kind,
    name,
    input,
    output,
    indices: encodeInt32(indices),
    fill,
  }),
  decode: (file) => ({ ...file, indices: decodeInt32(file.name, file.indices) }),
  validate({ name, input, output, indices, fill }, tensors) {
    const size = sizeOf(tensors[output].shape);
    const read = sizeOf(tensors[input].shape);
    expect(indices.length === size, `${name}: expected ${size} indices, got ${indices.length}`);
    const inside = indices.every((index) => index >= -1 && index < read);
    expect(inside, `${name}: expected indices from −1 to ${read - 1}`);
    expect(Number.isSafeInteger(fill), `${name}: its fill is not a safe integer`);
    const { range } = tensors[input];
    const bounds = range ? boundsOf(range) : { low: -Infinity, high: Infinity };
    const fits = fill >= bounds.low && fill <= bounds.high;
    expect(fits, `${name}: its fill ${fill} is outside of its input's range`);
  },
  interval: gatherInterval,
  evaluate({ input, indices, fill }, _, values): TensorValues {
    const source = values[input];
    return Float64Array.from(indices, (index) => (index < 0 ? fill : source[index]));
  },
} satisfies NodeKind<GatherNode, z.infer<typeof schema>>;

function gatherInterval(
  { input, output, indices, fill }: GatherNode,
  tensors: readonly ProgramTensor[],
  intervals: readonly TensorInterval[],
): TensorInterval {
  const source = intervals[input];
  const hull = new HullOfShape(tensors[output].shape);
  const filled = exact(fill);
  for (let i = 0; i < indices.length; i++) {
    const from = Math.floor(indices[i] / source.run);
    if (indices[i] < 0) hull.put(i, filled, filled);
    else hull.put(i, source.low[from], source.high[from]);
  }
  return hull.interval();
}
