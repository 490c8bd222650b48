import type { DivideNode } from '../../integer/program.ts';
import { FLOAT32_EXACT, largest } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** floor((num · 2^shift + floor(den / 2)) / den) in float64, where it is exact (see the integer node). */
export const divide: ExecuteKind<DivideNode> = {
  // Past what float32 holds, whatever the operands: the quotient of two floats is rounded.
  reach: () => FLOAT32_EXACT,
  emit(writer, node, inputs, type) {
    const { name, shift } = node;
    const [num, den] = inputs.map((input) => writer.cast(input, type));
    const scaled =
      shift === 0
        ? num
        : writer.emit(`${name}/scaled`, 'Mul', [num, writer.scalar(`${name}/scale`, type, 2 ** shift)], type);
    const halved = writer.emit(
      `${name}/halved`,
      'Mul',
      [den, writer.scalar(`${name}/half`, type, 0.5)],
      type,
    );
    const half = writer.emit(`${name}/floored`, 'Floor', [halved], type);
    const dividend = writer.emit(`${name}/dividend`, 'Add', [scaled, half], type);
    const quotient = writer.emit(`${name}/quotient`, 'Div', [dividend, den], type);
    const floor = writer.emit(name, 'Floor', [quotient], type);
    const narrow = largest(writer.intervals[node.output]) < FLOAT32_EXACT;
    writer.put(node.output, narrow ? writer.cast(floor, 'float32') : floor);
  },
};
