import { size } from '../../integer/exact.ts';
import type { GemmNode } from '../../integer/program.ts';
import { linearReach } from '../precision.ts';
import type { ExecuteKind, ReachContext } from './kind.ts';

export const gemm: ExecuteKind<GemmNode> = {
  reach: (node, context) => linearReach(tapReach(node, context), node.bias),
  emit(writer, node, [given], type) {
    const input = writer.cast(given, type);
    const shape = [node.bias.length, node.weights.length / node.bias.length];
    const weights = writer.constant(`${node.name}/weights`, type, shape, node.weights);
    const bias = writer.constant(`${node.name}/bias`, type, [node.bias.length], node.bias);
    writer.write(node, 'Gemm', [input, weights, bias], { transB: 1 });
  },
};

/** |weight| · max |x| of every product, by output. */
function tapReach({ input, weights, bias }: GemmNode, { intervals }: ReachContext): readonly Float64Array[] {
  const { low, high } = intervals[input];
  const taps = weights.length / bias.length;
  // At least one: a weight stands in the graph also where it only sees zeros.
  const largest = new Float64Array(taps).fill(1);
  low.forEach((least, i) => {
    largest[i % taps] = Math.max(largest[i % taps], size(least), size(high[i]));
  });
  return Array.from(bias, (_, o) => largest.map((reach, i) => Math.abs(weights[o * taps + i]) * reach));
}
