import { exact } from '../../integer/exact.ts';
import type { GatherNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const gather: CircuitKind<GatherNode> = {
  results: 'as read',
  multiplies: false,
  plan: ({ input, indices, fill }) =>
    linearCircuit((context) => {
      const forms = new LinearForms();
      const source = context.forms[input];
      for (const index of indices) {
        if (index < 0) forms.close(exact(fill));
        else forms.copy(source, index);
      }
      return forms;
    }),
};
