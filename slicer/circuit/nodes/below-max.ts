import { sizeOf, type BelowMaxNode } from '../../integer/program.ts';
import { assignBelowMax, belowMaxRows, constrainBelowMax } from '../gadgets/below-max.ts';
import { bitLength } from '../gadgets/rescale.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const belowMax: CircuitKind<BelowMaxNode> = {
  results: 'wires',
  multiplies: true,
  plan({ input, output }, { program: { tensors }, intervals }) {
    const { shape } = tensors[input];
    const width = shape.at(-1) ?? 1;
    const lines = sizeOf(shape) / width;
    const { high, run } = intervals[output];
    /** Bits of the distances of one row. */
    const bitsOf = (line: number): number => {
      let most = 1;
      for (let i = line * width; i < (line + 1) * width; i++)
        most = Math.max(most, high[Math.floor(i / run)]);
      return bitLength(BigInt(most));
    };
    return {
      rows() {
        let rows = 0;
        for (let line = 0; line < lines; line++) rows += belowMaxRows(bitsOf(line), width);
        return rows;
      },
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const values = new LinearForms();
        for (let line = 0; line < lines; line++) {
          values.clear();
          for (let i = 0; i < width; i++) values.copy(forms[input], line * width + i);
          constrainBelowMax(builder, bitsOf(line), values, target);
        }
        return target;
      },
      assign(writer, values) {
        for (let line = 0; line < lines; line++) {
          const row = values[input].subarray(line * width, (line + 1) * width);
          assignBelowMax(writer, bitsOf(line), Array.from(row));
        }
      },
    };
  },
};
