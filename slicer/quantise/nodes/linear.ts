import { conv as convolve } from '../../integer/kernels/conv.ts';
import { gemm as multiply } from '../../integer/kernels/gemm.ts';
import type { FloatConv, FloatGemm, FloatLinear } from '../float-model.ts';
import type { Quantiser } from '../quantiser.ts';
import { quantiseWeights } from '../scales.ts';
import type { FloatKind } from './kind.ts';

/** Operators that multiply by constants: their input in few bits, their weights as integers. */

export const conv: FloatKind<FloatConv> = {
  evaluate: (node, tensors, values) =>
    convolve(node, values[node.input], tensors[node.input].shape, tensors[node.output].shape),
  quantise: quantiseLinear,
};

export const gemm: FloatKind<FloatGemm> = {
  evaluate: (node, _, values) => multiply(node, values[node.input]),
  quantise: quantiseLinear,
};

function quantiseLinear(quantiser: Quantiser, node: FloatLinear, weightBits: number): void {
  const input = quantiser.ranged(node.input);
  const { integers, scale: weightScale } = quantiseWeights(node.weights, weightBits);
  const scale = input.scale + weightScale;
  const bias = node.bias.map((value) => Math.round(value * 2 ** scale) + 0);
  const output = quantiser.tensor(node.output, scale);
  quantiser.emitCorrected({ ...node, weights: integers, bias, input: input.id, output }, node.output);
}
