import { maxPool as pool } from '../../integer/kernels/max-pool.ts';
import type { MaxPoolNode, ReshapeNode } from '../../integer/program.ts';
import type { Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';

/** Nodes that give some of the values that they read: scale and range stay. */

export const maxPool: FloatKind<MaxPoolNode> = {
  evaluate: (node, tensors, values) =>
    pool(node, values[node.input], tensors[node.input].shape, tensors[node.output].shape),
  quantise: keepScale,
};

export const reshape: FloatKind<ReshapeNode> = {
  evaluate: ({ input }, _, values) => values[input],
  quantise: keepScale,
};

function keepScale(quantiser: Quantiser, node: MaxPoolNode | ReshapeNode): void {
  const { id, scale } = quantiser.place(node.input);
  quantiser.emit({ ...node, input: id, output: quantiser.tensor(node.output, scale) });
}
