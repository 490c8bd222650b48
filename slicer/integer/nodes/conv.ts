import { z } from 'zod';
import { base64, decodeFloat64, decodeInt32, encodeFloat64, encodeInt32 } from '../constants.ts';
import { expect, expectShape } from '../expect.ts';
import { boundsOfSum, exact, exacts, ints, larger, smaller } from '../exact.ts';
import { layoutOf, type Bounds, type TensorInterval } from '../interval.ts';
import { conv as convolve, convAll } from '../kernels/conv.ts';
import type { ProgramTensor } from '../tensor.ts';
import { encodeWindows, windowFields, windowShape, type Windows } from '../windows.ts';
import { unaryFields, type NodeKind } from './kind.ts';

/**
 * acc[n, o, y, x] = bias[o] + Σ weight · input. Input [N, C, H, W], output [N, O, H', W']; zero padding.
 * AveragePool is a depthwise convolution of constants.
 */
export interface ConvNode extends Windows {
  readonly kind: 'conv';
  readonly name: string;
  readonly input: number;
  readonly output: number;
  /** [O, C / groups, kernel height, kernel width], row-major. */
  readonly weights: Int32Array;
  /** [O]; safe integers. */
  readonly bias: Float64Array;
  readonly groups: number;
}

const schema = z.strictObject({
  kind: z.literal('conv'),
  ...unaryFields,
  ...windowFields,
  groups: z.int().min(1).max(65_536),
  weights: base64,
  bias: base64,
});

export const conv = {
  schema,
  encode(node) {
    const { kind, name, input, output, groups, weights, bias } = node;
    return {
      kind,
      name,
      input,
      output,
      ...encodeWindows(node),
      groups,
      weights: encodeInt32(weights),
      bias: encodeFloat64(bias),
    };
  },
  decode: (file) => ({
    ...file,
    weights: decodeInt32(file.name, file.weights),
    bias: decodeFloat64(file.name, file.bias),
  }),
  validate(node, tensors) {
    const { name, groups, kernel, weights, bias } = node;
    const { shape } = tensors[node.input];
    expectShape(node, windowShape(node, shape, bias.length), tensors[node.output].shape);
    expect(
      shape[1] % groups === 0 && bias.length % groups === 0,
      `${name}: ${groups} groups do not divide ${shape[1]} channels and ${bias.length} filters`,
    );
    const size = bias.length * (shape[1] / groups) * kernel[0] * kernel[1];
    expect(weights.length === size, `${name}: expected ${size} weights, got ${weights.length}`);
    expect(bias.every(Number.isSafeInteger), `${name}: a bias is not a safe integer`);
  },
  interval: (node, tensors, intervals) => convInterval(node, tensors, intervals[node.input]),
  evaluate: (node, tensors, values) =>
    convolve(node, values[node.input], tensors[node.input].shape, tensors[node.output].shape),
  evaluateAll: (node, tensors, samples) =>
    convAll(
      node,
      samples.map((values) => values[node.input]),
      tensors[node.input].shape,
      tensors[node.output].shape,
    ),
} satisfies NodeKind<ConvNode, z.infer<typeof schema>>;

/** What an input channel of a convolution (of one sample) may hold at one of its taps: padding adds zero. */
export function tapBounds(node: ConvNode, input: TensorInterval, channel: number): Bounds {
  const padded = node.pads.some((pad) => pad > 0);
  const low = input.low[channel];
  const high = input.high[channel];
  return padded ? [smaller(0, low), larger(0, high)] : [low, high];
}

function convInterval(
  node: ConvNode,
  tensors: readonly ProgramTensor[],
  input: TensorInterval,
): TensorInterval {
  const [batch, outChannels] = tensors[node.output].shape;
  const inChannels = tensors[node.input].shape[1];
  const low = exacts(batch * outChannels);
  const high = exacts(batch * outChannels);
  const weights = ints(node.weights);
  const perGroup = inChannels / node.groups;
  const taps = node.kernel[0] * node.kernel[1];
  const atTaps = { low: exacts(input.low.length * taps), high: exacts(input.low.length * taps) };
  for (let channel = 0; channel < input.low.length; channel++) {
    const [least, most] = tapBounds(node, input, channel);
    for (let k = channel * taps; k < (channel + 1) * taps; k++) {
      atTaps.low[k] = least;
      atTaps.high[k] = most;
    }
  }
  for (let entry = 0; entry < low.length; entry++) {
    const o = entry % outChannels;
    const sample = Math.floor(entry / outChannels) * inChannels;
    const firstChannel = sample + Math.floor(o / (outChannels / node.groups)) * perGroup;
    const count = perGroup * taps;
    [low[entry], high[entry]] = boundsOfSum(
      exact(node.bias[o]),
      { factors: weights, firstFactor: o * count, count },
      { ...atTaps, first: firstChannel * taps },
    );
  }
  return { low, high, run: layoutOf(tensors[node.output].shape).run };
}
