import type { ConstantNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';

export const constant: ExecuteKind<ConstantNode> = {
  reach: ({ values }) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  emit(writer, { name, output, values }, _, type) {
    writer.put(output, writer.constant(name, type, writer.program.tensors[output].shape, values));
  },
};
