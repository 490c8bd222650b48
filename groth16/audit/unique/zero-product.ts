import { sizeOf } from './bounds.ts';
import type { Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isNothing, type Row } from './system.ts';

/**
 * The largest of several values: ∏ f_i = 0, each f_i = w + (what is determined) and an integer of at least zero. Were w larger
 * in one of two witnesses, every f_i would be larger there than in the other and so above zero, and the field's product of
 * numbers that aren't zero isn't zero: w is one. Likewise with −w.
 *
 * @param row a · b = 0; a product of more than two factors is a chain of rows p · f = p'
 * @returns w, if it is determined
 */
export function largestOf({ a, b, c }: Row, known: Knowledge): number | undefined {
  if (!isNothing(c)) return undefined;
  const factors: Form[] = [];
  const pending = [a, b];
  const seen = new Set<number>();
  for (let form = pending.pop(); form !== undefined; form = pending.pop()) {
    const made = productThatMakes(form, known, seen);
    if (made === undefined) factors.push(form);
    else pending.push(made.a, made.b);
  }
  const [first] = factors.map((form) => known.open(form));
  if (first.length !== 1) return undefined;
  const [wire, factor] = first[0];
  const isDistance = (form: Form): boolean => {
    const open = known.open(form);
    const range = known.bounds.ofForm(form);
    if (open.length !== 1 || open[0][0] !== wire || open[0][1] !== factor) return false;
    if (range === undefined || 4n * sizeOf(range) >= known.modulus) return false;
    return known.isAtLeastZero(form, form.wires);
  };
  return factors.every(isDistance) ? wire : undefined;
}

/** The row a · b = p that makes a form which is just a wire p. */
function productThatMakes(
  { wires, factors, constant }: Form,
  known: Knowledge,
  seen: Set<number>,
): Row | undefined {
  if (wires.length !== 1 || factors[0] !== 1n || constant !== 0n) return undefined;
  const [wire] = wires;
  for (const index of known.rowsOf(wire)) {
    const row = known.row(index);
    const { c } = row;
    if (c.wires.length !== 1 || c.wires[0] !== wire || c.factors[0] !== 1n || c.constant !== 0n) continue;
    if (seen.has(index) || isNothing(row.a) || isNothing(row.b)) continue;
    seen.add(index);
    return row;
  }
  return undefined;
}
