import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';

/** One form for each of `count` wires from `first` on: a gadget's arguments. */
export function inputForms(count: number, first = 1): LinearForms {
  const forms = new LinearForms();
  for (let wire = first; wire < first + count; wire++) {
    forms.term(wire, 1);
    forms.close(0);
  }
  return forms;
}
