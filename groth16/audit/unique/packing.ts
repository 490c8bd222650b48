import { formWithout, sameForm, type Form } from './form.ts';
import { isSquared } from './challenge.ts';
import type { Knowledge } from './knowledge.ts';
import type { InputRoles } from './roles.ts';
import { splitEquation, type Term } from './split.ts';
import { isLinear } from './system.ts';

/**
 * Input values that the words which are hashed don't bind. A word is a form of input values alone that is squared, as what
 * goes into an S-box, or that is a wire by a linear row, which is squared. It binds its values if, being equal in two
 * witnesses, they are.
 */
export function unboundInputs(
  known: Knowledge,
  inputs: readonly InputRoles[],
  standsFor: Uint32Array,
): readonly number[] {
  const values = new Set(inputs.flatMap((input) => input.values.map((value) => standsFor[value])));
  const bound = new Set<number>();
  for (let index = 0; index < known.count; index++) {
    const { a, b, c } = known.row(index);
    if (sameForm(a, b) && a.wires.length > 0) bind(a);
    else if (isLinear(known.row(index))) {
      const others = c.wires.filter((wire) => !values.has(wire));
      if (others.length === 1 && isSquared(others[0], known)) bind(formWithout(c, others[0]));
    }
  }
  return [...values].filter((wire) => !bound.has(wire));

  function bind(form: Form): void {
    if (!form.wires.every((wire) => values.has(wire))) return;
    if (form.wires.length === 1) {
      bound.add(form.wires[0]);
      return;
    }
    const terms: Term[] = [];
    for (const [i, wire] of form.wires.entries()) {
      const width = known.bounds.width(wire);
      if (width === undefined) return;
      terms.push({ wire, factor: form.factors[i], width });
    }
    for (const wire of splitEquation(terms, known.modulus)?.equal ?? []) bound.add(wire);
  }
}
