import type { TableNode } from '../../integer/program.ts';
import { FLOAT32_EXACT, largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** Gather of the constants at the argument's distance from the first. */
export const table: ExecuteKind<TableNode> = {
  reach: ({ input, first }, { intervals }) => largest(intervals[input]) + Math.abs(first),
  emit(writer, node, [given], type) {
    const { name, first, values, output } = node;
    const input = writer.cast(given, type);
    const at =
      first === 0
        ? input
        : writer.emit(`${name}/distance`, 'Sub', [input, writer.scalar(`${name}/first`, type, first)], type);
    const indices = writer.emit(`${name}/index`, 'Cast', [at], type, { to: INT64 });
    const wide = values.some((value) => Math.abs(value) >= FLOAT32_EXACT);
    const result = wide ? 'float64' : 'float32';
    const constants = writer.constant(`${name}/values`, result, [values.length], values);
    writer.put(output, writer.emit(name, 'Gather', [constants, indices], result, { axis: 0 }));
  },
};

/** TensorProto.DataType. */
const INT64 = 7;
