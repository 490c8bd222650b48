import type { ReshapeNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';

export const reshape: ExecuteKind<ReshapeNode> = {
  reach: () => 0,
  emit(writer, node, [input]) {
    const shape = writer.integers(`${node.name}/shape`, writer.program.tensors[node.output].shape);
    writer.put(node.output, writer.emit(node.name, 'Reshape', [input, shape], input.type));
  },
};
