import { z } from 'zod';
import { base64, decodeFloat64, decodeInt32, encodeFloat64, encodeInt32 } from '../constants.ts';
import { expect, expectShape } from '../expect.ts';
import { boundsOfSum, exact, exacts, ints } from '../exact.ts';
import type { TensorInterval } from '../interval.ts';
import { gemmAll, gemm as multiply } from '../kernels/gemm.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/** acc[r, o] = bias[o] + Σ_i weights[o, i] · input[r, i]. Input [rows, I], output [rows, O]. */
export interface GemmNode {
  readonly kind: 'gemm';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** [O, I], row-major. */
  readonly weights: Int32Array;
  /** [O]; safe integers. */
  readonly bias: Float64Array;
}

const schema = z.strictObject({ kind: z.literal('gemm'), ...unaryFields, weights: base64, bias: base64 });

export const gemm = {
  schema,
  encode: ({ kind, name, input, output, weights, bias }) => ({
    kind,
    name,
    input,
    output,
    weights: encodeInt32(weights),
    bias: encodeFloat64(bias),
  }),
  decode: (file) => ({
    ...file,
    weights: decodeInt32(file.name, file.weights),
    bias: decodeFloat64(file.name, file.bias),
  }),
  validate(node, tensors) {
    const { name, weights, bias } = node;
    const { shape } = tensors[node.input];
    expect(shape.length === 2, `${name}: expected an input of shape rows×I`);
    expectShape(node, [shape[0], bias.length], tensors[node.output].shape);
    expect(
      weights.length === bias.length * shape[1],
      `${name}: expected ${bias.length * shape[1]} weights, got ${weights.length}`,
    );
    expect(bias.every(Number.isSafeInteger), `${name}: a bias is not a safe integer`);
  },
  interval: (node, _, intervals) => gemmInterval(node, intervals[node.input]),
  evaluate: (node, _, values) => multiply(node, values[node.input]),
  evaluateAll: (node, _, samples) =>
    gemmAll(
      node,
      samples.map((values) => values[node.input]),
    ),
} satisfies NodeKind<GemmNode, z.infer<typeof schema>>;

function gemmInterval(node: GemmNode, input: TensorInterval): TensorInterval {
  const outputs = node.bias.length;
  const inputs = node.weights.length / outputs;
  const rows = input.low.length / inputs;
  const low = exacts(rows * outputs);
  const high = exacts(rows * outputs);
  const weights = ints(node.weights);
  for (let row = 0; row < rows; row++) {
    const from = row * inputs;
    const to = row * outputs;
    if (row > 0 && sameRow(input, from - inputs, from, inputs)) {
      low.copyWithin(to, to - outputs, to);
      high.copyWithin(to, to - outputs, to);
      continue;
    }
    for (let o = 0; o < outputs; o++) {
      [low[to + o], high[to + o]] = boundsOfSum(
        exact(node.bias[o]),
        { factors: weights, firstFactor: o * inputs, count: inputs },
        { ...input, first: from },
      );
    }
  }
  return { low, high, run: 1 };
}

function sameRow({ low, high }: TensorInterval, left: number, right: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (low[left + i] !== low[right + i] || high[left + i] !== high[right + i]) return false;
  }
  return true;
}
