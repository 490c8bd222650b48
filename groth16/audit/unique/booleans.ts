import { NOTHING, sameForm, sumOf, type Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isNothing, type Row } from './system.ts';

/**
 * A row f · (f + d) = 0 leaves two values, 0 and −d, for the form f, as of booleans. A form gets a wire for what it is, with
 * an equation of its own.
 */
export function nameBooleans(known: Knowledge): void {
  const rows = known.count;
  for (let index = 0; index < rows; index++) {
    const two = twoValues(known.row(index), known.modulus);
    if (two === undefined) continue;
    const { form, values } = two;
    if (form.wires.length === 1 && form.factors[0] === 1n) {
      const moved = values.map((value) => value - form.constant);
      known.hasValues(form.wires[0], moved);
      continue;
    }
    const wire = known.newWire(values);
    const named = { wires: [wire], factors: [-1n], constant: 0n };
    known.add({
      a: NOTHING,
      b: NOTHING,
      c: sumOf(
        [
          [form, 1n],
          [named, 1n],
        ],
        known.modulus,
      ),
    });
  }
}

function twoValues(
  { a, b, c }: Row,
  modulus: bigint,
): { readonly form: Form; readonly values: readonly bigint[] } | undefined {
  if (!isNothing(c) || a.wires.length === 0 || a.wires.length !== b.wires.length) return undefined;
  const other = a.factors[0] === b.factors[0] ? b : sumOf([[b, -1n]], modulus);
  if (!sameForm({ ...a, constant: 0n }, { ...other, constant: 0n })) return undefined;
  const distance = a.constant - other.constant;
  return { form: a, values: distance < 0n ? [distance, 0n] : [0n, distance] };
}
