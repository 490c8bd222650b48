import type { BelowMaxNode } from '../../integer/program.ts';
import { largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

export const belowMax: ExecuteKind<BelowMaxNode> = {
  reach: ({ input }, { intervals }) => 2 * largest(intervals[input]),
  emit(writer, node, [given], type) {
    const input = writer.cast(given, type);
    const attributes = { axes: [-1], keepdims: 1 };
    const most = writer.emit(`${node.name}/most`, 'ReduceMax', [input], type, attributes);
    writer.write(node, 'Sub', [most, input]);
  },
};
