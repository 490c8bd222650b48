import type { FloatArgmax } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { argmaxOf } from '../../integer/nodes/argmax.ts';

export const argmax: FloatKind<FloatArgmax> = {
  evaluate: (node, tensors, values) => argmaxOf(node, tensors[node.input].shape, values[node.input]),
  quantise(quantiser, { name, input, output, axis, last }) {
    const { id } = quantiser.place(input);
    const shape = quantiser.shapeOf(id);
    const range = { signed: false, bits: Math.max(1, Math.ceil(Math.log2(shape[axis]))) };
    const placed = quantiser.derive(name, shape.with(axis, 1), { scale: 0, range }, (written) => ({
      kind: 'argmax',
      name,
      input: id,
      output: written,
      axis,
      last,
    }));
    quantiser.put(output, placed);
  },
};
