import type { MaximumNode, MulNode } from '../../integer/program.ts';
import { largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** Operators of ONNX on two tensors, as they are. */

export const maximum: ExecuteKind<MaximumNode> = {
  reach: () => 0,
  emit: (writer, node, inputs, type) =>
    writer.write(
      node,
      'Max',
      inputs.map((input) => writer.cast(input, type)),
    ),
};

export const mul: ExecuteKind<MulNode> = {
  reach: ({ inputs }, { intervals }) => inputs.reduce((product, id) => product * largest(intervals[id]), 1),
  emit: (writer, node, inputs, type) =>
    writer.write(
      node,
      'Mul',
      inputs.map((input) => writer.cast(input, type)),
    ),
};
