import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { publicSignalCount } from '../../../groth16/formats/r1cs.ts';
import { ONE } from '../rows/builder.ts';
import type { LookupLayout } from './argument.ts';
import { BOOLEANS_A_WORD } from './demand.ts';

/**
 * The wires whose values are fixed when the challenge is made, by the rows without it: the constant, the signals and the
 * committed wires; then
 * - booleans whose sum of distinct powers of two, at most 253 of them, is fixed by a linear row, row after row;
 * - over and over, a wire that is the only one of its row that isn't fixed, and stands on its C side alone.
 * One entry a wire, 1 if it is fixed. Time linear in the terms.
 */
export function determinedWires(r1cs: R1cs, { challenge, firstLate }: LookupLayout): Uint8Array {
  const { a, b, c, constraints, wires } = r1cs;
  const determined = new Uint8Array(wires);
  const queue: number[] = [];
  const determine = (wire: number): void => {
    if (determined[wire] === 1) return;
    determined[wire] = 1;
    queue.push(wire);
  };
  for (let wire = 0; wire <= publicSignalCount(r1cs); wire++) if (wire !== challenge) determine(wire);
  const isEarly = (wire: number): boolean => wire !== challenge && wire < firstLate;

  const early = new Uint8Array(constraints);
  const boolean = new Uint8Array(wires);
  for (let row = 0; row < constraints; row++) {
    early[row] = [a, b, c].every((side) => every(side, row, isEarly)) ? 1 : 0;
    if (early[row] === 1 && isBooleanRow(r1cs, row)) boolean[a.wires[a.offsets[row]]] = 1;
  }
  const linear = (row: number): boolean => length(a, row) === 0 && length(b, row) === 0;
  for (let row = 0; row < constraints; row++) {
    if (early[row] === 0 || !linear(row)) continue;
    const bits = booleansOfWord(
      c,
      row,
      (wire) => determined[wire] === 1,
      (wire) => boolean[wire] === 1,
    );
    for (const wire of bits ?? []) determine(wire);
  }

  // How many terms of a row are not fixed, and by wire the early rows that it stands in.
  const open = new Uint32Array(constraints);
  const starts = new Uint32Array(wires + 1);
  const sides = [a, b, c];
  for (const side of sides) eachTerm(side, early, (wire) => starts[wire + 1]++);
  for (let wire = 0; wire < wires; wire++) starts[wire + 1] += starts[wire];
  const rowsOf = new Uint32Array(starts[wires]);
  const next = starts.slice();
  for (const side of sides) {
    eachTerm(side, early, (wire, row) => {
      rowsOf[next[wire]++] = row;
      open[row]++;
    });
  }
  const determineLast = (row: number): void => {
    const last = find(c, row, (wire) => determined[wire] === 0);
    if (last !== undefined) determine(last);
  };
  for (let row = 0; row < constraints; row++) if (open[row] === 1) determineLast(row);
  while (queue.length > 0) {
    const wire = queue.pop() as number;
    for (let at = starts[wire]; at < starts[wire + 1]; at++) {
      const row = rowsOf[at];
      if (--open[row] === 1) determineLast(row);
    }
  }
  return determined;
}

/** b · (b − 1) = 0. */
export function isBooleanRow({ a, b, c }: R1cs, row: number): boolean {
  if (length(a, row) !== 1 || length(b, row) !== 2 || length(c, row) !== 0) return false;
  const [at, bt] = [a.offsets[row], b.offsets[row]];
  return (
    a.table[a.coefficients[at]] === 1n &&
    b.wires[bt] === ONE &&
    b.table[b.coefficients[bt]] === SCALAR_FIELD - 1n &&
    b.wires[bt + 1] === a.wires[at] &&
    b.table[b.coefficients[bt + 1]] === 1n
  );
}

/** Of a linear row, the wires that aren't fixed, if they are booleans times distinct powers of two of one sign. */
function booleansOfWord(
  { offsets, wires, coefficients, table }: SparseRows,
  row: number,
  isDetermined: (wire: number) => boolean,
  isBoolean: (wire: number) => boolean,
): readonly number[] | undefined {
  const free: number[] = [];
  const used = new Set<bigint>();
  for (let t = offsets[row]; t < offsets[row + 1]; t++) {
    const wire = wires[t];
    if (isDetermined(wire)) continue;
    const factor = table[coefficients[t]];
    const isPower = factor !== 0n && (factor & (factor - 1n)) === 0n;
    if (!isBoolean(wire) || !isPower || factor >> BigInt(BOOLEANS_A_WORD) !== 0n) return undefined;
    free.push(wire);
    used.add(factor);
  }
  return used.size === free.length ? free : undefined;
}

function length({ offsets }: SparseRows, row: number): number {
  return offsets[row + 1] - offsets[row];
}

function every({ offsets, wires }: SparseRows, row: number, holds: (wire: number) => boolean): boolean {
  for (let t = offsets[row]; t < offsets[row + 1]; t++) if (!holds(wires[t])) return false;
  return true;
}

/** A wire of a row; what is taken zero times says nothing. */
function find(
  { offsets, wires, coefficients, table }: SparseRows,
  row: number,
  holds: (wire: number) => boolean,
): number | undefined {
  for (let t = offsets[row]; t < offsets[row + 1]; t++) {
    if (table[coefficients[t]] !== 0n && holds(wires[t])) return wires[t];
  }
  return undefined;
}

function eachTerm(
  { offsets, wires }: SparseRows,
  early: Uint8Array,
  visit: (wire: number, row: number) => void,
): void {
  for (let row = 0; row < early.length; row++) {
    if (early[row] === 0) continue;
    for (let t = offsets[row]; t < offsets[row + 1]; t++) visit(wires[t], row);
  }
}
