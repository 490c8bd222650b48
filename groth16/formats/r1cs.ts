/**
 * One matrix of an R1CS in compressed rows. Row i holds the terms `offsets[i] … offsets[i + 1] − 1`; term t
 * is `table[coefficients[t]] · wire[wires[t]]`. Coefficients repeat a lot, so each distinct one is kept
 * once, canonical (0 ≤ c < r). The three matrices of a circuit may share one table. A wire occurs at most
 * once in a row.
 */
export interface SparseRows {
  /** constraints + 1 entries, the first 0. */
  readonly offsets: Uint32Array;
  readonly wires: Uint32Array;
  /** Index into `table`, one a term. */
  readonly coefficients: Uint32Array;
  readonly table: readonly bigint[];
}

/**
 * A rank-1 constraint system over BN254's scalar field: for every row, (A·w)(B·w) = C·w.
 *
 * Wire 0 is the constant one; then come the public outputs, the public inputs, the private inputs and all
 * other wires. Public signals of a proof are wires 1 … publicOutputs + publicInputs in this order.
 */
export interface R1cs {
  /** All wires, the constant included. */
  readonly wires: number;
  readonly publicOutputs: number;
  readonly publicInputs: number;
  readonly privateInputs: number;
  /** How many of the public wires, the last ones, are committed: no verifier sees them. Absent: none. */
  readonly committed?: number;
  /** Rows, those that say nothing at the end not counted. */
  readonly constraints: number;
  /** How many rows without a term follow. Absent: none. They cost nothing but places in the domain. */
  readonly emptyRows?: number;
  readonly a: SparseRows;
  readonly b: SparseRows;
  readonly c: SparseRows;
}

/**
 * What proving follows: the constraints, and one row more for each committed wire. (The few rows of the signals, which
 * every circuit has, are left out.)
 */
export function provedRows(r1cs: R1cs): number {
  return r1cs.constraints + (r1cs.committed ?? 0);
}

/**
 * Rows that a key's domain needs for the statement, whatever the circuit: the constant, the 12 signals that the market
 * takes, and the challenge X.
 */
export const STATEMENT_ROWS = 14;

/** All rows of the system, empty ones included: what a setup adds the statement's rows behind. */
export function rowCount({ constraints, emptyRows = 0 }: Pick<R1cs, 'constraints' | 'emptyRows'>): number {
  return constraints + emptyRows;
}

/** Number of public wires, the constant not counted, committed ones included. */
export function publicSignalCount(r1cs: R1cs): number {
  return r1cs.publicOutputs + r1cs.publicInputs;
}
