import type { IsqrtNode } from '../../integer/program.ts';
import { FLOAT32_EXACT, largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** The floor of a float64 root, exact below 2^52 (see the integer node). */
export const isqrt: ExecuteKind<IsqrtNode> = {
  // In float32 a root would be rounded up to the next integer.
  reach: () => FLOAT32_EXACT,
  emit(writer, node, [given], type) {
    const root = writer.emit(`${node.name}/root`, 'Sqrt', [writer.cast(given, type)], type);
    const floor = writer.emit(node.name, 'Floor', [root], type);
    const narrow = largest(writer.intervals[node.output]) < FLOAT32_EXACT;
    writer.put(node.output, narrow ? writer.cast(floor, 'float32') : floor);
  },
};
