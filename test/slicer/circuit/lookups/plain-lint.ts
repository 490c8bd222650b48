import type { R1cs, SparseRows } from '../../../../groth16/formats/r1cs.ts';
import { publicSignalCount } from '../../../../groth16/formats/r1cs.ts';
import type { LookupLayout } from '../../../../slicer/circuit/lookups/argument.ts';
import { mod } from '../support.ts';
import { rowsOf, type Row as Form } from '../../../groth16/formats/circuits.ts';

// What `lintLookups` and `determinedWires` say of a circuit, read off their rules once more: slowly, and by none of their code.

export interface PlainRow {
  readonly a: Form;
  readonly b: Form;
  readonly c: Form;
}

export function plainRows(r1cs: R1cs): readonly PlainRow[] {
  const [a, b, c] = ([r1cs.a, r1cs.b, r1cs.c] satisfies SparseRows[]).map((side) =>
    rowsOf(side).map((terms) => new Map(terms)),
  );
  return Array.from({ length: r1cs.constraints }, (_, row) => ({ a: a[row], b: b[row], c: c[row] }));
}

const ONE = 0;
const MINUS_ONE = mod(-1n);
const POWERS = new Set(Array.from({ length: 253 }, (_, i) => 1n << BigInt(i)));

const wiresOf = ({ a, b, c }: PlainRow): readonly number[] => [...a.keys(), ...b.keys(), ...c.keys()];
const isLinear = ({ a, b }: PlainRow): boolean => a.size + b.size === 0;
const isLate = ({ challenge, firstLate }: LookupLayout, wire: number): boolean =>
  wire === challenge || wire >= firstLate;

/** The wire of a row b · (b − 1) = 0. */
function booleanOf({ a, b, c }: PlainRow): number | undefined {
  const [wire] = a.keys();
  const isOne = a.size === 1 && b.size === 2 && c.size === 0 && a.get(wire) === 1n && b.get(wire) === 1n;
  return isOne && b.get(ONE) === MINUS_ONE ? wire : undefined;
}

/** The wires that rows without the challenge fix: sums of booleans once, in the rows' order, then what is last in its row. */
export function plainlyFixed(r1cs: R1cs, layout: LookupLayout): ReadonlySet<number> {
  const signals = Array.from({ length: 1 + publicSignalCount(r1cs) }, (_, wire) => wire);
  const fixed = new Set(signals.filter((wire) => wire !== layout.challenge));
  const early = plainRows(r1cs).filter((row) => !wiresOf(row).some((wire) => isLate(layout, wire)));
  const booleans = new Set(early.map(booleanOf));
  for (const row of early.filter(isLinear)) {
    const open = [...row.c].filter(([wire]) => !fixed.has(wire));
    const factors = new Set(open.map(([, factor]) => factor));
    if (
      factors.size === open.length &&
      open.every(([wire, factor]) => booleans.has(wire) && POWERS.has(factor))
    )
      for (const [wire] of open) fixed.add(wire);
  }
  for (let before = -1; before < fixed.size;) {
    before = fixed.size;
    for (const row of early) {
      const open = wiresOf(row).filter((wire) => !fixed.has(wire));
      if (open.length === 1 && (row.c.get(open[0]) ?? 0n) !== 0n) fixed.add(open[0]);
    }
  }
  return fixed;
}

/** Whether a circuit of lookups keeps the six rules. */
export function isPlainlySafe(r1cs: R1cs, layout: LookupLayout): boolean {
  const { challenge, firstLate, tables } = layout;
  const rows = plainRows(r1cs);
  const blinding = publicSignalCount(r1cs);
  const count = r1cs.committed ?? 0;
  const isCommitted = (wire: number): boolean => wire > challenge && wire <= blinding;

  // 1: one challenge before the committed wires, and a blinding in no row.
  if (count === 0 || challenge !== blinding - count || firstLate <= blinding) return false;
  if (rows.some((row) => wiresOf(row).includes(blinding))) return false;

  // 2: beside the challenge only what is fixed before it.
  const late = rows.filter((row) => wiresOf(row).some((wire) => isLate(layout, wire)));
  const early = rows.filter((row) => !late.includes(row));
  const fixed = plainlyFixed(r1cs, layout);
  if (late.some((row) => wiresOf(row).some((wire) => !isLate(layout, wire) && !fixed.has(wire))))
    return false;

  // 3: (X − value) · inverse = 1 and (X − entry) · share = multiplicity.
  const looks = new Map<number, Form>();
  const shares = new Map<number, { readonly entry: bigint; readonly multiplicity: number }>();
  const others: PlainRow[] = [];
  for (const row of late) {
    const { a, b, c } = row;
    const [[wire, factor] = [ONE, 0n]] = a;
    const [[result, one] = [ONE, 0n]] = c;
    const rest = new Map([...b].filter(([other]) => other !== challenge).map(([w, f]) => [w, mod(-f)]));
    const isOfArgument =
      a.size === 1 && factor === 1n && wire >= firstLate && b.get(challenge) === 1n && c.size === 1;
    if (!isOfArgument || [...rest.keys()].some((other) => other >= firstLate)) others.push(row);
    else if (one === 1n && result === ONE) looks.set(wire, rest);
    else if (one === 1n && (rest.size === 0 || (rest.size === 1 && rest.has(ONE))))
      shares.set(wire, { entry: rest.get(ONE) ?? 0n, multiplicity: result });
  }
  const isOfSum = (wire: number): boolean => looks.has(wire) || shares.has(wire);
  const sums = others.filter((row) => isLinear(row) && [...row.c.keys()].some(isOfSum));
  if (sums.length !== tables.length) return false;
  const places = rows.flatMap(wiresOf).filter(isOfSum);
  if (places.length !== 2 * (looks.size + shares.size)) return false;
  if (new Set(sums.flatMap(({ c }) => [...c.keys()])).size !== looks.size + shares.size) return false;

  // 5, of what isn't looked up: words of booleans, pinned wires, and what a product check says.
  const booleans = new Set(early.map(booleanOf));
  const bound = new Set<number>();
  for (const { c } of early.filter(isLinear)) {
    for (const [wire, factor] of c) {
      const isWord = [...c.keys()].every((other) => other === wire || booleans.has(other));
      if (isCommitted(wire) && factor === MINUS_ONE && (isWord || layout.pinned.includes(wire)))
        bound.add(wire);
    }
  }
  for (const row of others.filter((other) => !sums.includes(other)))
    for (const wire of row.c.keys()) if (layout.checked.includes(wire)) bound.add(wire);

  // 3, 4: a sum for each table, over its entries, each with a committed wire of its own.
  const ranged = new Set<number>();
  const seconds: number[] = [];
  const multiplicities: number[] = [];
  for (const [i, { c }] of sums.entries()) {
    const { table } = tables[i];
    const own = [...c.keys()].filter((wire) => looks.has(wire));
    const entries = [...c.keys()].flatMap((wire) => shares.get(wire) ?? []);
    if (![...c].every(([wire, factor]) => isOfSum(wire) && factor === (looks.has(wire) ? 1n : MINUS_ONE)))
      return false;
    if (entries.length !== table.entries.length) return false;
    if (!entries.every(({ entry }, at) => entry === BigInt(table.entries[at]))) return false;
    multiplicities.push(...entries.map(({ multiplicity }) => multiplicity));
    for (const [place, wire] of own.entries()) {
      const value = looks.get(wire)!;
      const asItIs = [...value].filter(([, factor]) => factor === 1n).map(([other]) => other);
      for (const other of asItIs) bound.add(other);
      if (table.key.startsWith('range ')) for (const other of asItIs) ranged.add(other);
      if (!('factor' in table)) continue;
      // 6: a pair's second part, and which wires it is made of.
      const multiple = BigInt(Number(table.factor));
      const second = tables[i].seconds[place] ?? [];
      const isSecond = (other: number): boolean =>
        (value.get(other) ?? 0n) !== 0n && value.get(other)! % multiple === 0n;
      if (second.length === 0 || !second.every(isSecond)) return false;
      seconds.push(...second);
    }
  }
  if (new Set(multiplicities).size !== multiplicities.length || !multiplicities.every(isCommitted))
    return false;
  for (const wire of multiplicities) bound.add(wire);
  if (!seconds.every((wire) => booleans.has(wire) || ranged.has(wire))) return false;
  for (let wire = challenge + 1; wire < blinding; wire++) if (!bound.has(wire)) return false;
  return true;
}
