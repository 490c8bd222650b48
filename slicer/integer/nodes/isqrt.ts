import { z } from 'zod';
import { IntegerProgramError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { exact } from '../exact.ts';
import { inRange } from '../interval.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** y = ⌊√v⌋ of an accumulator whose interval is not below zero. */
export interface IsqrtNode {
  readonly kind: 'isqrt';
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** Below this the floor of a double's root is the integer root. */
const ROOT_EXACT = 2 ** 52;

const schema = z.strictObject({ kind: z.literal('isqrt'), ...unaryFields });

export const isqrt = {
  schema,
  encode: ({ kind, name, input, output }) => ({ kind, name, input, output }),
  decode: (file) => file,
  validate(node, tensors) {
    expectShape(node, tensors[node.input].shape, tensors[node.output].shape);
  },
  interval(node, tensors, intervals) {
    const { low, high, run } = intervals[node.input];
    low.forEach((least, e) => {
      if (least < 0) {
        throw new IntegerProgramError(
          'INTEGER_NEGATIVE_ROOT',
          `${node.name}: expected an argument of at least zero, channel ${e} can be ${least} … ${high[e]}`,
          { hint: 'Rescale the argument into an unsigned range first.' },
        );
      }
      if (high[e] >= ROOT_EXACT) {
        throw new IntegerProgramError(
          'INTEGER_TOO_WIDE',
          `channel ${e} can reach ${high[e]}, a root is exact below ${ROOT_EXACT}`,
          { hint: 'Rescale the argument first.' },
        );
      }
    });
    return inRange(node, tensors, {
      low: low.map((v) => exact(root(v))),
      high: high.map((v) => exact(root(v))),
      run,
    });
  },
  evaluate: ({ input }, _, values) => values[input].map(root),
} satisfies NodeKind<IsqrtNode, z.infer<typeof schema>>;

/**
 * Exact for v < 2^52: for m² > v ≥ (m − 1)², m − √v ≥ m − √(m² − 1) > 1 / (2m), while half of the distance of doubles
 * just below m ≤ 2^26 is at most m · 2^−53 ≤ 1 / (2m). So the nearest double to √v is below m. ONNX Runtime rounds a
 * root to the nearest as well (IEEE 754).
 */
function root(value: number): number {
  return Math.floor(Math.sqrt(value));
}
