import { int32s } from '../../integer/exact.ts';
import { conv as convolve } from '../../integer/kernels/conv.ts';
import { gemm as multiply } from '../../integer/kernels/gemm.ts';
import type { FloatConv, FloatGemm, FloatLinear } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import { quantiseWeights } from '../scales.ts';
import type { FloatKind } from './kind.ts';
import { settle } from './whole.ts';

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

/** Most bits of accumulators that are added up as they are. */
const SUMMED_BITS = 26;

function quantiseLinear(quantiser: Quantiser, node: FloatLinear, weightBits: number): void {
  if (node.whole) return quantiseWhole(quantiser, node);
  const input = operandOf(quantiser, node);
  const { integers, scale: weightScale, spare } = quantiseWeights(node.weights, weightBits);
  const coarse = input.scale + weightScale;
  // Weights with few bits leave none for the bias: 1 · x + 0.5 of an integer x.
  const lift = Math.min(spare, quantiser.scaleBeside(node.output, coarse, node.bias) - coarse);
  const scale = coarse + lift;
  const bias = node.bias.map((value) => Math.round(value * 2 ** scale) + 0);
  const output = quantiser.tensor(node.output, scale);
  quantiser.emitCorrected(
    { ...node, weights: integers.map((weight) => weight << lift), bias, input: input.id, output },
    node.output,
  );
}

/** Of integers by integers: nothing is rounded, and no bias is corrected. */
function quantiseWhole(quantiser: Quantiser, { whole: _, ...node }: FloatLinear): void {
  const { id, scale } = quantiser.shared(node.input);
  const output = quantiser.tensor(node.output, scale);
  quantiser.emit({ ...node, weights: int32s(node.weights), input: id, output });
  settle(quantiser, node.output, { id: output, scale });
}

/** What is multiplied by several constants has few bits; what is only added up, as for a mean, may stay wide. */
function operandOf(quantiser: Quantiser, { kind, input, weights, bias }: FloatLinear): Placed {
  const placed = quantiser.place(input);
  // Counts: see becomeReal.
  if (placed.scale === 0 && quantiser.bitsAt(placed.id) <= quantiser.activationBits(input)) return placed;
  const joins = kind === 'gemm' && weights.length > bias.length;
  const adds = joins && weights.every((weight) => weight === weights[0]);
  return adds && quantiser.bitsAt(placed.id) <= SUMMED_BITS ? placed : quantiser.ranged(input);
}
