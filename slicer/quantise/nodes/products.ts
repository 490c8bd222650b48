import { multiplyMatrices, sizesOf } from '../../integer/nodes/matmul.ts';
import type { FloatMatmul, FloatMul } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { settle, wrapped } from './whole.ts';

/** Products of tensors: both in few bits. */

export const mul: FloatKind<FloatMul> = {
  evaluate: ({ inputs: [left, right], output }, tensors, values) =>
    wrapped(
      tensors[output],
      values[left].map((value, i) => value * values[right][i]),
    ),
  quantise(quantiser, { name, inputs, output }) {
    // Integers lose no bits: theirs need not be few.
    const [left, right] = inputs.map((id) =>
      quantiser.wholeOf(output) ? quantiser.shared(id) : quantiser.ranged(id),
    );
    quantiser.emit({
      kind: 'mul',
      name,
      inputs: [left.id, right.id],
      output: quantiser.tensor(output, left.scale + right.scale),
    });
    settle(quantiser, output, quantiser.place(output));
  },
};

export const matmul: FloatKind<FloatMatmul> = {
  evaluate(node, tensors, values) {
    const [left, right] = node.inputs.map((id) => tensors[id].shape);
    const sizes = sizesOf(left, right);
    return multiplyMatrices(sizes, values[node.inputs[0]], values[node.inputs[1]]);
  },
  quantise(quantiser, { name, inputs, output }) {
    const [left, right] = inputs.map((id) => quantiser.ranged(id));
    quantiser.emit({
      kind: 'matmul',
      name,
      inputs: [left.id, right.id],
      output: quantiser.tensor(output, left.scale + right.scale),
    });
    // Back into few bits at once: a rescale that alone reads the products takes them in blocks.
    quantiser.put(output, quantiser.ranged(output));
  },
};
