import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { publicSignalCount, STATEMENT_ROWS } from '../../../groth16/formats/r1cs.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';

/** Rows that {@link normalForm} adds to a circuit of so many signals, X counted as one. */
export function publicRows(signals: number): number {
  return 1 + signals;
}

/**
 * A circuit in which the constant and each public signal, X included, stand in one row only: row s says
 * 0 · 0 = wire s − copy, and all other rows have the copy, a wire of its own behind all others. Empty rows follow the
 * circuit's, up to a number that depends on the domain alone.
 *
 * So the point IC_s of its key, β·L_(n+s)(τ) + L_s(τ) with n the number of rows, is the same for every circuit of the same
 * domain and phase 1, and the batch verifier multiplies it once for all of them: see docs/circuits/normal-form.md.
 *
 * Constraints: signals + 1. Sound, since a row says of each copy that it is its wire; a witness of the circuit before is
 * one of this, and the other way round.
 */
export function normalForm(r1cs: R1cs): R1cs {
  const committed = r1cs.committed ?? 0;
  const added = publicRows(publicSignalCount(r1cs) - committed);
  const table = [...r1cs.c.table];
  const one = indexIn(table, 1n);
  const minusOne = indexIn(table, SCALAR_FIELD - 1n);
  const links = {
    offsets: Uint32Array.from({ length: added + 1 }, (_, row) => 2 * row),
    wires: Uint32Array.from({ length: 2 * added }, (_, t) =>
      t % 2 === 0 ? t / 2 : r1cs.wires + (t - 1) / 2,
    ),
    coefficients: Uint32Array.from({ length: 2 * added }, (_, t) => (t % 2 === 0 ? one : minusOne)),
  };
  const none = {
    offsets: new Uint32Array(added + 1),
    wires: new Uint32Array(),
    coefficients: new Uint32Array(),
  };
  const behind = (first: typeof links, rows: SparseRows): SparseRows => ({
    offsets: joined(
      first.offsets,
      rows.offsets.subarray(1).map((end) => end + first.wires.length),
    ),
    wires: joined(
      first.wires,
      rows.wires.map((wire) => (wire < added ? r1cs.wires + wire : wire)),
    ),
    coefficients: joined(first.coefficients, rows.coefficients),
    table,
  });
  const constraints = r1cs.constraints + added;
  return {
    ...r1cs,
    wires: r1cs.wires + added,
    constraints,
    emptyRows: lastRow(constraints, committed) - constraints,
    a: behind(none, r1cs.a),
    b: behind(none, r1cs.b),
    c: behind(links, r1cs.c),
  };
}

/** Fills the copies, the last wires of a witness. */
export function copyPublic(values: Uint8Array, signals: number, fieldBytes: number): void {
  const length = publicRows(signals) * fieldBytes;
  values.copyWithin(values.length - length, 0, length);
}

const SMALLEST_DOMAIN = 32;

/**
 * How many rows a circuit has with its empty ones: all but what the domain needs for the statement. Committed wires need
 * a row each as well, and every circuit has another number of them: they start at three quarters where they can.
 */
function lastRow(constraints: number, committed: number): number {
  const behind = STATEMENT_ROWS + committed;
  const domain = Math.max(SMALLEST_DOMAIN, 2 ** Math.ceil(Math.log2(constraints + behind)));
  const quarter = domain / 4;
  const atThreeQuarters = committed > 0 && constraints <= 3 * quarter && behind <= quarter;
  return atThreeQuarters ? 3 * quarter : domain - behind;
}

function indexIn(table: bigint[], value: bigint): number {
  const at = table.indexOf(value);
  return at >= 0 ? at : table.push(value) - 1;
}

function joined(first: Uint32Array, second: Uint32Array): Uint32Array {
  const both = new Uint32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
