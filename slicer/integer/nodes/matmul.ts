import { z } from 'zod';
import { expect, expectShape } from '../expect.ts';
import { exact, larger, size, smaller, times } from '../exact.ts';
import { HullOfShape, productBounds, type Bounds, type TensorInterval } from '../interval.ts';
import { sizeOf, type ProgramTensor } from '../tensor.ts';
import { binaryFields, type NodeKind } from './kind.ts';

/**
 * Products of matrices that the model computes: [… , M, K] times [… , K, N] gives [… , M, N], with equal
 * dimensions in front.
 */
export interface MatmulNode {
  readonly kind: 'matmul';
  readonly name: string;
  readonly inputs: readonly [number, number];
  readonly output: number;
}

/** `batch` products of matrices [height, inner] and [inner, width]. */
export interface MatmulSizes {
  readonly batch: number;
  readonly height: number;
  readonly inner: number;
  readonly width: number;
}

export function matmulSizes({ inputs }: MatmulNode, tensors: readonly ProgramTensor[]): MatmulSizes {
  const [left, right] = inputs.map((id) => tensors[id].shape);
  return sizesOf(left, right);
}

export function sizesOf(left: readonly number[], right: readonly number[]): MatmulSizes {
  return {
    batch: sizeOf(left.slice(0, -2)),
    height: left[left.length - 2],
    inner: left[left.length - 1],
    width: right[right.length - 1],
  };
}

const schema = z.strictObject({ kind: z.literal('matmul'), ...binaryFields });

export const matmul = {
  schema,
  encode: ({ kind, name, inputs, output }) => ({ kind, name, inputs: [...inputs], output }),
  decode: (file) => file,
  validate(node, tensors) {
    const [left, right] = node.inputs.map((id) => tensors[id].shape);
    const rank = left.length;
    const fits = rank >= 2 && right.length === rank && right[rank - 2] === left[rank - 1];
    expect(fits, `${node.name}: can't multiply ${left.join('×')} by ${right.join('×')}`);
    expectShape(node, [...left.slice(0, -2), ...right.slice(-2)], right);
    expectShape(node, [...left.slice(0, -1), right[rank - 1]], tensors[node.output].shape);
  },
  interval: matmulInterval,
  evaluate(node, tensors, values) {
    const sizes = matmulSizes(node, tensors);
    return multiplyMatrices(sizes, values[node.inputs[0]], values[node.inputs[1]]);
  },
} satisfies NodeKind<MatmulNode, z.infer<typeof schema>>;

export function multiplyMatrices(
  { batch, height, inner, width }: MatmulSizes,
  left: Float64Array,
  right: Float64Array,
): Float64Array {
  const output = new Float64Array(batch * height * width);
  for (let row = 0; row < batch * height; row++) {
    const matrix = Math.floor(row / height) * inner;
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k];
      const from = (matrix + k) * width;
      for (let column = 0; column < width; column++) {
        output[row * width + column] += factor * right[from + column];
      }
    }
  }
  return output;
}

/** One bound for each product of matrices: what any of its entries may be. */
function matmulInterval(
  node: MatmulNode,
  tensors: readonly ProgramTensor[],
  intervals: readonly TensorInterval[],
): TensorInterval {
  const { batch, height, inner, width } = matmulSizes(node, tensors);
  const [left, right] = node.inputs.map((id) => intervals[id]);
  const hull = new HullOfShape(tensors[node.output].shape);
  const terms = exact(inner);
  for (let matrix = 0; matrix < batch; matrix++) {
    const [least, most] = productBounds(
      boundsWithin(left, matrix * height * inner, height * inner),
      boundsWithin(right, matrix * inner * width, inner * width),
    );
    // The sizes of all products together, so that sums in any order are exact.
    times(terms, larger(size(least), size(most)));
    const first = Math.floor((matrix * height * width) / hull.run);
    const last = Math.floor(((matrix + 1) * height * width - 1) / hull.run);
    for (let entry = first; entry <= last; entry++) {
      hull.put(entry * hull.run, times(terms, least), times(terms, most));
    }
  }
  return hull.interval();
}

function boundsWithin({ low, high, run }: TensorInterval, start: number, count: number): Bounds {
  const first = Math.floor(start / run);
  let [least, most] = [low[first], high[first]];
  for (let entry = first; entry <= Math.floor((start + count - 1) / run); entry++) {
    least = smaller(least, low[entry]);
    most = larger(most, high[entry]);
  }
  return [least, most];
}
