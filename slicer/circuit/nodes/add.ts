import type { AddNode } from '../../integer/program.ts';
import { LinearForms } from '../linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const add: CircuitKind<AddNode> = {
  results: 'sums',
  multiplies: false,
  plan: ({ inputs, shifts }) =>
    linearCircuit((context) => {
      const forms = new LinearForms();
      const [left, right] = inputs.map((id) => context.forms[id]);
      for (let i = 0; i < left.count; i++) {
        const constant = forms.terms(left, i, 2 ** shifts[0]);
        forms.close(constant + forms.terms(right, i, 2 ** shifts[1]));
      }
      return forms;
    }),
};
