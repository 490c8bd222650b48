import type { ConcatNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';

export const concat: ExecuteKind<ConcatNode> = {
  reach: () => 0,
  emit: (writer, node, inputs, type) =>
    writer.write(
      node,
      'Concat',
      inputs.map((input) => writer.cast(input, type)),
      { axis: node.axis },
    ),
};
