import { size } from '../../integer/exact.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import { clampOf, halfOf } from '../../integer/nodes/rescale.ts';
import type { RescaleNode } from '../../integer/program.ts';
import type { Value } from '../graph-writer.ts';
import { FLOAT32_EXACT, largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** Add half, multiply by 2^−shift, Floor, Clip. */
export const rescale: ExecuteKind<RescaleNode> = {
  reach(node, { intervals }) {
    const half: number = halfOf(node);
    return largest(intervals[node.input]) + half;
  },
  emit(writer, node, [given], type) {
    const input = writer.cast(given, type);
    const step = (operator: string, value: Value, operands: readonly number[]): Value => {
      const label = `${node.name}/${operator.toLowerCase()}`;
      const constants = operands.map((operand, i) => writer.scalar(`${label}${i}`, type, operand));
      return writer.emit(label, operator, [value, ...constants], type);
    };
    const { low, high } = clampOf(node, rangeOf(writer.program.tensors[node.output]));
    const shifted =
      node.shift === 0
        ? input
        : step('Floor', step('Mul', step('Add', input, [halfOf(node)]), [2 ** -node.shift]), []);
    // In float32 every value is below 2^24: a bound past that keeps nothing out, and might be no float32.
    const bounds = [low, high].map((bound) =>
      type === 'float32' ? Math.min(FLOAT32_EXACT, Math.max(-FLOAT32_EXACT, bound)) : bound,
    );
    const clipped = step('Clip', shifted, bounds);
    const narrow = Math.max(size(low), size(high)) < FLOAT32_EXACT;
    writer.put(node.output, narrow ? writer.cast(clipped, 'float32') : clipped);
  },
};
