import { formWithout, sameForm, type Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import type { Row } from './system.ts';

/** Rows and wires that are looked at together. */
const MOST_OPEN = 4;

/**
 * Whether a determined form is zero, by an inverse: S · i = 1 − e, S · e = 0, i · e = 0. S is the same in both witnesses, so they
 * agree on whether it is zero: whatever follows from S = 0, and from S ≠ 0 too, is determined.
 *
 * @returns the wires that are determined in either case, with their values where both are constants of the circuit
 */
export function determinedByZero(
  row: Row,
  known: Knowledge,
): readonly { readonly wire: number; readonly values: readonly bigint[] }[] {
  const sides = [row.a, row.b].filter((side) => side.wires.length > 0 && known.open(side).length === 0);
  const zero = sides[0];
  if (sides.length !== 1) return [];
  const wires = openIn(row, known);
  if (wires.length > MOST_OPEN) return [];
  const rows = new Map<number, Row>();
  for (const wire of wires) {
    for (const index of known.rowsOf(wire)) {
      const other = known.row(index);
      const isOfThem = openIn(other, known).every((open) => wires.includes(open));
      if (isOfThem || (isSide(other, zero) && openIn(other, known).length <= MOST_OPEN))
        rows.set(index, other);
    }
  }
  const [first, second] = [true, false].map((isZero) =>
    consequences([...rows.values()], zero, isZero, known),
  );
  return [...first.keys()]
    .filter((wire) => second.has(wire))
    .map((wire) => {
      const [zeroth, other] = [first.get(wire), second.get(wire)];
      if (zeroth === undefined || other === undefined) return { wire, values: [] };
      return { wire, values: zeroth < other ? [zeroth, other] : [other, zeroth] };
    });
}

/** Wires that have one value in this case; the value where it is a constant of the circuit. */
function consequences(
  rows: readonly Row[],
  zero: Form,
  isZero: boolean,
  known: Knowledge,
): ReadonlyMap<number, bigint | undefined> {
  const found = new Map<number, bigint | undefined>();
  const valueOf = (wire: number): bigint | undefined => {
    const range = known.bounds.of(wire);
    return found.get(wire) ?? (range !== undefined && range.low === range.high ? range.low : undefined);
  };
  for (let size = -1; size < found.size;) {
    size = found.size;
    for (const row of rows) follow(row);
  }
  return found;

  function isOpen(wire: number): boolean {
    return !known.isDetermined(wire) && !found.has(wire);
  }

  /** The form's value if it is a constant of the circuit in this case. */
  function constantOf(form: Form): bigint | undefined {
    if (isZero && sameForm(form, zero)) return 0n;
    let sum = form.constant;
    for (const [i, wire] of form.wires.entries()) {
      const value = valueOf(wire);
      if (value === undefined) return undefined;
      sum += form.factors[i] * value;
    }
    return sum;
  }

  function follow({ a, b, c }: Row): void {
    const [left, right] = [constantOf(a), constantOf(b)];
    if (left === 0n || right === 0n) {
      follows(c, 1n, 0n);
    } else if (left !== undefined) equation(b, left, c);
    else if (right !== undefined) equation(a, right, c);
    else if (!isZero && sameForm(a, zero)) divided(b, c);
    else if (!isZero && sameForm(b, zero)) divided(a, c);
  }

  /** form · scale = c where one of the two has no open wire. */
  function equation(form: Form, scale: bigint, c: Form): void {
    if (openOf(c).length === 0) follows(form, scale, constantOf(c));
    else if (openOf(form).length === 0) {
      const value = constantOf(form);
      follows(c, 1n, value === undefined ? undefined : scale * value);
    }
  }

  /** zero · form = c where zero isn't. */
  function divided(form: Form, c: Form): void {
    if (openOf(c).length === 0) follows(form, 1n, constantOf(c) === 0n ? 0n : undefined);
  }

  /** form · scale is something that has one value, `value` if that is known. */
  function follows(form: Form, scale: bigint, value: bigint | undefined): void {
    const open = openOf(form);
    if (open.length !== 1) return;
    const [wire, factor] = open[0];
    const rest = constantOf(formWithout(form, wire));
    const isExact = value !== undefined && rest !== undefined && (factor === 1n || factor === -1n);
    found.set(wire, isExact && scale === 1n ? factor * (value - rest) : undefined);
  }

  function openOf({ wires, factors }: Form): readonly (readonly [number, bigint])[] {
    return wires.flatMap((wire, i) => (isOpen(wire) ? [[wire, factors[i]] as const] : []));
  }
}

function openIn({ a, b, c }: Row, known: Knowledge): readonly number[] {
  return [...new Set([a, b, c].flatMap((form) => known.open(form).map(([wire]) => wire)))];
}

function isSide({ a, b }: Row, form: Form): boolean {
  return sameForm(a, form) || sameForm(b, form);
}
