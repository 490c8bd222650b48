import type { OnnxNode } from '../../onnx/index.ts';
import { affine } from './affine.ts';
import type { Lower, Lowering } from './lowering.ts';

/** Operators that bring channels to a mean and a variance. */
export const normalisationOperators: Readonly<Record<string, Lower>> = {
  BatchNormalization: batchNormalization,
};

function batchNormalization(lowering: Lowering, node: OnnxNode): void {
  const [scale, bias, mean, variance] = ['a scale', 'a bias', 'a mean', 'a variance'].map((what, i) =>
    Array.from(lowering.constant(node, 1 + i, what).data, Number),
  );
  const epsilon = (node.attributes.epsilon as number | undefined) ?? 1e-5;
  const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt(variance[c] + epsilon));
  const offset = factor.map((value, c) => bias[c] - mean[c] * value);
  const rank = lowering.shapeOf(lowering.input(node)).length;
  const shape = [factor.length, ...new Array<number>(Math.max(rank - 2, 0)).fill(1)];
  affine(lowering, node, 0, { factor: { shape, data: factor }, offset: { shape, data: offset } });
}
