import { ints } from '../../integer/exact.ts';
import type { ScaleNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const scale: CircuitKind<ScaleNode> = {
  results: 'sums',
  multiplies: false,
  plan: ({ input, factors }) =>
    linearCircuit((context) => {
      const forms = new LinearForms();
      ints(factors).forEach((factor, i) => forms.close(forms.terms(context.forms[input], i, factor)));
      return forms;
    }),
};
