import { exact } from '../../integer/exact.ts';
import type { ConstantNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const constant: CircuitKind<ConstantNode> = {
  results: 'wires',
  multiplies: false,
  plan: ({ values }) =>
    linearCircuit(() => {
      const forms = new LinearForms();
      for (const value of values) forms.close(exact(value));
      return forms;
    }),
};
