import { sizeOf } from '../../integer/program.ts';
import type { FloatLayerNorm } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import { quantiseWeights } from '../scales.ts';
import type { FloatKind } from './kind.ts';
import { boundedReciprocal, multiplied, repeated, rescaled, reshaped, rowSums } from './steps.ts';

/** Bits of the reciprocal of a deviation beyond those of an activation. */
const GUARD_BITS = 2;

/** Most bits of N² times a variance. */
const VARIANCE_BITS = 30;

/**
 * scale · (x − mean) / √(variance + ε) + bias over the last axis, of N values. No mean is taken: with S = Σ x and
 * V = N · Σ x² − S², which is N² times the variance, the deviation is √V / N, and
 *   (x − mean) / deviation = (N · x − S) / √V = N · (x · R) − S · R, R = 1 / √V:
 * a square and a product a value, one root and one reciprocal a row, the rest linear.
 */
export const layerNorm: FloatKind<FloatLayerNorm> = {
  evaluate: ({ input, scale, bias, epsilon }, _, values) =>
    normaliseRows(values[input], scale, bias, epsilon),
  quantise(quantiser, node, weightBits) {
    const { name, input, output, scale: factors, bias, epsilon } = node;
    const width = factors.length;
    const given = quantiser.ranged(input);
    const original = quantiser.shapeOf(given.id);
    const rows = sizeOf(original) / width;
    const x = reshaped(quantiser, `${name}/rows`, given, [rows, width]);
    const sum = rowSums(quantiser, `${name}/sum`, x);
    const rootV = deviation(quantiser, name, x, sum, epsilon);
    const bits = quantiser.activationBits(output) + GUARD_BITS;
    const inverse = boundedReciprocal(quantiser, `${name}/reciprocal`, rootV, bits);
    const products = multiplied(
      quantiser,
      `${name}/products`,
      x,
      repeated(quantiser, `${name}/spread`, inverse, width),
    );
    const mean = multiplied(quantiser, `${name}/mean`, sum, inverse);
    const joined = quantiser.derive(`${name}/joined`, [rows, width + 1], products, (id) => ({
      kind: 'concat',
      name: `${name}/joined`,
      inputs: [products.id, mean.id],
      axis: 1,
      output: id,
    }));
    const { integers, scale: weightScale } = quantiseWeights(factors, weightBits);
    const scale = joined.scale + weightScale;
    const weights = new Int32Array(width * (width + 1));
    integers.forEach((factor, i) => {
      weights[i * (width + 1) + i] = width * factor;
      weights[i * (width + 1) + width] = -factor;
    });
    const normalised = quantiser.derive(name, [rows, width], { scale }, (id) => ({
      kind: 'gemm',
      name,
      input: joined.id,
      output: id,
      weights,
      bias: bias.map((value) => Math.round(value * 2 ** scale) + 0),
    }));
    quantiser.put(output, reshaped(quantiser, `${name}/shape`, normalised, original));
    // Back into few bits at once, for all that read it.
    quantiser.put(output, quantiser.ranged(output));
  },
};

/** √(N² · (variance + ε)), above zero. */
function deviation(quantiser: Quantiser, name: string, x: Placed, sum: Placed, epsilon: number): Placed {
  const [rows, width] = quantiser.shapeOf(x.id);
  const squares = multiplied(quantiser, `${name}/squares`, x, x);
  const total = rowSums(quantiser, `${name}/total`, squares, width);
  const square = multiplied(quantiser, `${name}/square`, sum, sum);
  const variance = quantiser.derive(`${name}/variance`, [rows, 1], total, (id) => ({
    kind: 'add',
    name: `${name}/variance`,
    inputs: [total.id, square.id],
    shifts: [0, 0],
    subtract: true,
    output: id,
  }));
  // Not below zero, which no interval arithmetic sees.
  const wide = quantiser.bitsAt(variance.id) - 1;
  const shift = 2 * Math.ceil(Math.max(0, wide - VARIANCE_BITS) / 2);
  const positive = rescaled(quantiser, `${name}/positive`, variance, {
    scale: variance.scale - shift,
    range: { signed: false, bits: Math.min(wide, VARIANCE_BITS) },
  });
  const offset = Math.max(1, Math.round(width ** 2 * epsilon * 2 ** positive.scale));
  const shifted = rowSums(quantiser, `${name}/epsilon`, positive, 1, offset);
  return quantiser.derive(`${name}/deviation`, [rows, 1], { scale: shifted.scale / 2 }, (id) => ({
    kind: 'isqrt',
    name: `${name}/deviation`,
    input: shifted.id,
    output: id,
  }));
}

function normaliseRows(
  values: Float64Array,
  scale: Float64Array,
  bias: Float64Array,
  epsilon: number,
): Float64Array {
  const width = scale.length;
  const output = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const factor = 1 / Math.sqrt(variance + epsilon);
    row.forEach((value, i) => (output[start + i] = (value - mean) * factor * scale[i] + bias[i]));
  }
  return output;
}
