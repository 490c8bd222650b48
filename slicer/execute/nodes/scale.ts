import type { ScaleNode } from '../../integer/program.ts';
import { largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

export const scale: ExecuteKind<ScaleNode> = {
  // At least the factors themselves, which stand in the graph also where they only see zeros.
  reach: ({ input, factors }, { intervals }) =>
    Math.max(1, largest(intervals[input])) *
    factors.reduce((most, factor) => Math.max(most, Math.abs(factor)), 1),
  emit(writer, node, [given], type) {
    const shape = writer.program.tensors[node.output].shape;
    const factors = writer.constant(`${node.name}/factors`, type, shape, node.factors);
    writer.write(node, 'Mul', [writer.cast(given, type), factors]);
  },
};
