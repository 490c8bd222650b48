import { sizeOf } from '../../integer/program.ts';
import type { ConcatNode } from '../../integer/program.ts';
import { LinearForms } from '../rows/linear.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const concat: CircuitKind<ConcatNode> = {
  results: 'as read',
  multiplies: false,
  plan: ({ inputs, axis, output }, { program: { tensors } }) =>
    linearCircuit((context) => {
      const forms = new LinearForms();
      const outer = sizeOf(tensors[output].shape.slice(0, axis));
      for (let block = 0; block < outer; block++) {
        for (const id of inputs) {
          const size = sizeOf(tensors[id].shape.slice(axis));
          for (let i = 0; i < size; i++) forms.copy(context.forms[id], block * size + i);
        }
      }
      return forms;
    }),
};
