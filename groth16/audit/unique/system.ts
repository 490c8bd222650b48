import type { R1cs, SparseRows } from '../../formats/r1cs.ts';
import { signed, sumOf, type Form } from './form.ts';

/** a · b = c. Where a or b is nothing it is the linear equation c = 0. */
export interface Row {
  readonly a: Form;
  readonly b: Form;
  readonly c: Form;
}

/**
 * The rows of a circuit as forms. Wires that a row 0 · 0 = wire − other makes equal are one wire: the first of them; the
 * constant is no wire but the forms' constants.
 */
export interface System {
  readonly modulus: bigint;
  readonly wires: number;
  readonly rows: readonly Row[];
  /** By wire: the one that stands for it. */
  readonly standsFor: Uint32Array;
}

export function systemOf(r1cs: R1cs, modulus: bigint): System {
  const standsFor = equalWires(r1cs, modulus);
  const tables = new Map<readonly bigint[], readonly bigint[]>();
  const signedTable = (table: readonly bigint[]): readonly bigint[] => {
    const known = tables.get(table) ?? table.map((value) => signed(value, modulus));
    tables.set(table, known);
    return known;
  };
  const [a, b, c] = [r1cs.a, r1cs.b, r1cs.c].map((matrix) => {
    const table = signedTable(matrix.table);
    return (row: number): Form => formIn(matrix, table, row, standsFor, modulus);
  });
  const rows = Array.from({ length: r1cs.constraints }, (_, row) => ({ a: a(row), b: b(row), c: c(row) }));
  return { modulus, wires: r1cs.wires, rows, standsFor };
}

export function isNothing({ wires, constant }: Form): boolean {
  return wires.length === 0 && constant === 0n;
}

export function isLinear({ a, b }: Row): boolean {
  return isNothing(a) || isNothing(b);
}

function formIn(
  { offsets, wires, coefficients }: SparseRows,
  table: readonly bigint[],
  row: number,
  standsFor: Uint32Array,
  modulus: bigint,
): Form {
  const form = { wires: [] as number[], factors: [] as bigint[], constant: 0n };
  let isMerged = false;
  for (let t = offsets[row]; t < offsets[row + 1]; t++) {
    const wire = standsFor[wires[t]];
    const factor = table[coefficients[t]];
    if (factor === 0n) continue;
    if (wire === 0) {
      form.constant += factor;
      continue;
    }
    isMerged ||= wire !== wires[t];
    form.wires.push(wire);
    form.factors.push(factor);
  }
  return isMerged ? sumOf([[form, 1n]], modulus) : form;
}

/** Rows that say that two wires are equal. */
function equalWires({ wires: count, constraints, a, b, c }: R1cs, modulus: bigint): Uint32Array {
  const standsFor = Uint32Array.from({ length: count }, (_, wire) => wire);
  const first = (wire: number): number => {
    let at = wire;
    while (standsFor[at] !== at) at = standsFor[at] = standsFor[standsFor[at]];
    return at;
  };
  for (let row = 0; row < constraints; row++) {
    const at = c.offsets[row];
    if (a.offsets[row + 1] > a.offsets[row] || b.offsets[row + 1] > b.offsets[row]) continue;
    if (c.offsets[row + 1] - at !== 2) continue;
    const [left, right] = [c.table[c.coefficients[at]], c.table[c.coefficients[at + 1]]];
    if ((left + right) % modulus !== 0n || left % modulus === 0n) continue;
    const [low, high] = [first(c.wires[at]), first(c.wires[at + 1])].toSorted((x, y) => x - y);
    standsFor[high] = low;
  }
  for (let wire = 0; wire < count; wire++) standsFor[wire] = first(wire);
  return standsFor;
}
