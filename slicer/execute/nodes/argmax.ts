import type { ArgmaxNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';

export const argmax: ExecuteKind<ArgmaxNode> = {
  reach: () => 0,
  emit(writer, node, [input]) {
    const position = writer.emit(`${node.name}/position`, 'ArgMax', [input], input.type, {
      axis: node.axis,
      keepdims: 1,
      select_last_index: node.last ? 1 : 0,
    });
    writer.put(node.output, writer.emit(node.name, 'Cast', [position], 'float32', { to: FLOAT }));
  },
};

/** TensorProto.DataType. */
const FLOAT = 1;
