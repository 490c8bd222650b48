import { times } from '../../integer/exact.ts';
import { matmulSizes, type MatmulSizes } from '../../integer/nodes/matmul.ts';
import type { MatmulNode } from '../../integer/program.ts';
import { blocksOfMatmul, onlyRescaleOf } from './plans/block-matmul.ts';
import { CircuitError } from '../errors.ts';
import { constrainProduct, PRODUCT_ROWS } from '../gadgets/product.ts';
import { ComputedForms, LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

/**
 * Products one by one, summed up for free; or none here, where the rescale that follows makes them in blocks or a
 * product check proves them.
 */
export const matmul: CircuitKind<MatmulNode> = {
  results: 'sums',
  multiplies: true,
  plan(node, context) {
    const sizes = matmulSizes(node, context.program.tensors);
    const reader = onlyRescaleOf(node, context.program);
    const isChecked = reader !== undefined && context.checked.has(reader);
    if (isChecked || blocksOfMatmul(node, context)) return linearCircuit(() => unread(node, sizes));
    const { batch, height, inner, width } = sizes;
    const [left, right] = node.inputs;
    return {
      rows: () => batch * height * inner * width * PRODUCT_ROWS,
      constrain({ builder, forms }) {
        const target = new LinearForms();
        const products = new LinearForms();
        for (let row = 0; row < batch * height; row++) {
          const matrix = Math.floor(row / height) * inner;
          for (let column = 0; column < width; column++) {
            products.clear();
            for (let k = 0; k < inner; k++) {
              const at = [row * inner + k, (matrix + k) * width + column] as const;
              constrainProduct(builder, [forms[left], forms[right]], at, products);
            }
            closeSum(products, target);
          }
        }
        return target;
      },
      assign(writer, values) {
        for (let row = 0; row < batch * height; row++) {
          const matrix = Math.floor(row / height) * inner;
          for (let column = 0; column < width; column++) {
            for (let k = 0; k < inner; k++) {
              writer.next(times(values[left][row * inner + k], values[right][(matrix + k) * width + column]));
            }
          }
        }
      },
    };
  },
};

function closeSum(products: LinearForms, target: LinearForms): void {
  for (let i = 0; i < products.count; i++) target.terms(products, i, 1);
  target.close(0);
}

/** The entries that have no form: the rescale or the check reads the factors instead, and nobody else reads anything. */
function unread({ name }: MatmulNode, { batch, height, width }: MatmulSizes): LinearForms {
  return new ComputedForms(batch * height * width, () => {
    throw new CircuitError('CIRCUIT_BLOCKS', `${name}: its entries are proved together and have no forms`);
  });
}
