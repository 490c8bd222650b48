import { matmulSizes } from '../../integer/nodes/matmul.ts';
import type { MatmulNode } from '../../integer/program.ts';
import { largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

export const matmul: ExecuteKind<MatmulNode> = {
  reach: (node, { program, intervals }) =>
    node.inputs.reduce(
      (product, id) => product * largest(intervals[id]),
      matmulSizes(node, program.tensors).inner,
    ),
  emit: (writer, node, inputs, type) =>
    writer.write(
      node,
      'MatMul',
      inputs.map((input) => writer.cast(input, type)),
    ),
};
