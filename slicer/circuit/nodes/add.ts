import { plus } from '../../integer/exact.ts';
import { factorsOf } from '../../integer/nodes/add.ts';
import type { AddNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const add: CircuitKind<AddNode> = {
  results: 'sums',
  multiplies: false,
  plan: (node) =>
    linearCircuit((context) => {
      const forms = new LinearForms();
      const [left, right] = node.inputs.map((id) => context.forms[id]);
      const [leftFactor, rightFactor] = factorsOf(node);
      for (let i = 0; i < left.count; i++) {
        const constant = forms.terms(left, i, leftFactor);
        forms.close(plus(constant, forms.terms(right, i, rightFactor)));
      }
      return forms;
    }),
};
