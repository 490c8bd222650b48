import type { GemmNode } from '../../integer/program.ts';
import { LinearForms } from '../linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

/** Sums of products with constants, as in a convolution. */
export const gemm: CircuitKind<GemmNode> = {
  results: 'sums',
  multiplies: true,
  plan: (node) => linearCircuit(({ forms }) => gemmForms(node, forms[node.input])),
};

function gemmForms({ weights, bias }: GemmNode, source: LinearForms): LinearForms {
  const forms = new LinearForms();
  const width = weights.length / bias.length;
  for (let row = 0; row < source.count; row += width) {
    let next = 0;
    for (const start of bias) {
      let constant = start;
      for (let i = 0; i < width; i++) constant += forms.terms(source, row + i, weights[next++]);
      forms.close(constant);
    }
  }
  return forms;
}
