import type { AddNode } from '../../integer/program.ts';
import { largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

export const add: ExecuteKind<AddNode> = {
  reach: ({ inputs, shifts }, { intervals }) =>
    inputs.reduce((total, id, i) => total + largest(intervals[id]) * 2 ** shifts[i], 0),
  emit(writer, node, inputs, type) {
    const [left, right] = inputs.map((given, i) => {
      const input = writer.cast(given, type);
      if (node.shifts[i] === 0) return input;
      const label = `${node.name}/shifted${i}`;
      return writer.emit(label, 'Mul', [input, writer.scalar(label, type, 2 ** node.shifts[i])], type);
    });
    writer.write(node, node.subtract ? 'Sub' : 'Add', [left, right]);
  },
};
