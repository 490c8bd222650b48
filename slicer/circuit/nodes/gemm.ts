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
  let next = 0;
  for (const start of bias) {
    let constant = start;
    for (let i = 0; i < source.count; i++) constant += forms.terms(source, i, weights[next++]);
    forms.close(constant);
  }
  return forms;
}
