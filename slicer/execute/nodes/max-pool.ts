import type { MaxPoolNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';
import { windowAttributes } from './windows.ts';

export const maxPool: ExecuteKind<MaxPoolNode> = {
  reach: () => 0,
  emit: (writer, node, inputs) => writer.write(node, 'MaxPool', inputs, windowAttributes(node)),
};
