import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';

/** One form for each of wires 1 … count: a gadget's arguments. */
export function inputForms(count: number): LinearForms {
  const forms = new LinearForms();
  for (let wire = 1; wire <= count; wire++) {
    forms.term(wire, 1);
    forms.close(0);
  }
  return forms;
}
