import type { OnnxNode } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import type { FloatLinear } from '../float-model.ts';
import { broadcastTo } from './broadcast.ts';
import type { LinearOrigin, Lowering, Scaling } from './lowering.ts';
import { scalar, spread, type Reals, type Spread } from './spread.ts';

/** x · factor + offset, for constants that go with x by broadcasting. */
export interface Affine {
  readonly factor?: Reals;
  readonly offset?: Reals;
}

/** Writes an elementwise node that multiplies one of its inputs by constants and adds constants. */
export function affine(lowering: Lowering, node: OnnxNode, index: number, constants: Affine): void {
  const input = broadcastTo(lowering, node, index);
  const result = affineOf(lowering, node.name, input, constants);
  if (result === input) lowering.alias(node, input);
  else lowering.finishAs(node, result);
}

/**
 * The tensor x · factor + offset. Where nothing else reads x and it holds the results of a linear operator
 * whose channels allow, the operator itself is changed and the tensor is x; else it is a depthwise 1×1
 * convolution.
 */
export function affineOf(
  lowering: Lowering,
  name: string,
  input: number,
  { factor = scalar(1), offset = scalar(0) }: Affine,
): number {
  const constants = spread([factor, offset], lowering.shapeOf(input));
  return foldBefore(lowering, input, constants) ? input : applied(lowering, name, input, constants);
}

/** A tensor times a number. */
export const scaling: Scaling = {
  fold: (lowering, tensor, factor) =>
    foldBefore(lowering, tensor, spread([scalar(factor), scalar(0)], lowering.shapeOf(tensor))),
  multiply: (lowering, name, tensor, factor) =>
    applied(lowering, name, tensor, spread([scalar(factor), scalar(0)], lowering.shapeOf(tensor))),
};

/** In the linear operators that a tensor comes from; whether it could be done. */
function foldBefore(lowering: Lowering, input: number, constants: Spread): boolean {
  const origin = lowering.originOf(input);
  const folded = origin && foldInto(origin, constants);
  if (folded) {
    lowering.replace(origin.node, folded);
    return true;
  }
  const [weights, bias] = constants.values;
  return constants.count === 1 && bias[0] === 0 && scaleBefore(lowering, input, weights[0]);
}

/** By an operator of its own. */
function applied(
  lowering: Lowering,
  name: string,
  input: number,
  { count, run, values: [weights, bias] }: Spread,
): number {
  const shape = lowering.shapeOf(input);
  if (weights.every((weight) => weight === 1)) {
    const output = lowering.tensor(`${name}/moved`, shape);
    const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) => bias[Math.floor(i / run) % count]);
    lowering.emit({ kind: 'offset', name, input, output, values });
    return output;
  }
  const image = [sizeOf(shape) / (count * run), count, run, 1];
  const source = lowering.reshaped(`${name}/image`, input, image);
  const output = lowering.tensor(`${name}/scaled`, image);
  lowering.emit({
    kind: 'conv',
    name,
    input: source,
    output,
    weights,
    bias,
    kernel: [1, 1],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: count,
  });
  return lowering.reshaped(`${name}/shaped`, output, shape);
}

/**
 * Multiplies a tensor by a number at no cost: in the weights of a linear operator that it comes from by way of
 * products and moves that nothing else reads.
 */
function scaleBefore(lowering: Lowering, tensor: number, factor: number, emitted: 0 | 1 = 0): boolean {
  const node = lowering.writerOf(tensor, emitted);
  switch (node?.kind) {
    case 'reshape':
      return scaleBefore(lowering, node.input, factor, 1);
    case 'gather':
      return node.fill === 0 && scaleBefore(lowering, node.input, factor, 1);
    case 'matmul':
      return node.inputs.some((input) => scaleBefore(lowering, input, factor, 1));
    case 'conv':
    case 'gemm':
      lowering.replace(node, {
        ...node,
        weights: node.weights.map((weight) => weight * factor),
        bias: node.bias.map((value) => value * factor),
      });
      return true;
    default:
      return false;
  }
}

/** The operator with each channel multiplied and moved; undefined when constants vary inside channels. */
function foldInto({ node, channels, run }: LinearOrigin, constants: Spread): FloatLinear | undefined {
  const [factors, offsets] = constants.values;
  const uniform = constants.count === 1;
  if (!uniform && (constants.count !== channels || constants.run !== run)) return undefined;
  const at = (values: Float64Array, channel: number): number => values[uniform ? 0 : channel];
  const taps = node.weights.length / channels;
  return {
    ...node,
    weights: node.weights.map((weight, i) => weight * at(factors, Math.floor(i / taps))),
    bias: node.bias.map((value, channel) => value * at(factors, channel) + at(offsets, channel)),
  };
}
