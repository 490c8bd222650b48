import { exact, exactsOf, ints, plus, times, type Exact } from '../../integer/exact.ts';
import type { GemmNode } from '../../integer/program.ts';
import { ComputedForms, type LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

/** Sums of products with constants, as in a convolution. */
export const gemm: CircuitKind<GemmNode> = {
  results: 'sums',
  multiplies: true,
  plan: (node) => linearCircuit(({ forms }) => gemmForms(node, forms[node.input])),
};

function gemmForms(node: GemmNode, source: LinearForms): LinearForms {
  const weights = ints(node.weights);
  const bias = exactsOf(node.bias);
  const outputs = bias.length;
  const width = weights.length / outputs;
  return new ComputedForms((source.count / width) * outputs, (index, visit) => {
    const output = index % outputs;
    const row = Math.floor(index / outputs) * width;
    let constant = bias[output];
    let weight = exact(0);
    const visitTerm = (wire: number, factor: Exact): void => visit(wire, times(weight, factor));
    for (let i = 0; i < width; i++) {
      weight = weights[output * width + i];
      if (weight !== 0) constant = plus(constant, times(weight, source.each(row + i, visitTerm)));
    }
    return constant;
  });
}
