import { sizeOf, type MulNode } from '../../integer/program.ts';
import { constrainProduct, PRODUCT_ROWS } from '../gadgets/product.ts';
import { LinearForms } from '../rows/linear.ts';
import type { CircuitKind } from './kind.ts';

export const mul: CircuitKind<MulNode> = {
  results: 'wires',
  multiplies: true,
  plan({ inputs, output }, { program: { tensors } }) {
    const count = sizeOf(tensors[output].shape);
    return {
      rows: () => count * PRODUCT_ROWS,
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const [left, right] = inputs.map((id) => forms[id]);
        for (let i = 0; i < count; i++) constrainProduct(builder, [left, right], [i, i], target);
        return target;
      },
      assign(writer, values) {
        for (const value of values[output]) writer.next(value);
      },
    };
  },
};
