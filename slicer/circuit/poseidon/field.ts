import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';

/** The representative in [0, r). */
export function reduce(value: bigint): bigint {
  const rest = value % SCALAR_FIELD;
  return rest < 0n ? rest + SCALAR_FIELD : rest;
}

/** 1 / value mod `modulus`, by Euclid's algorithm; value must not be a multiple of the prime. */
export function invert(value: bigint, modulus = SCALAR_FIELD): bigint {
  let [remainder, next] = [modulus, ((value % modulus) + modulus) % modulus];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  return coefficient < 0n ? coefficient + modulus : coefficient;
}

export type Matrix = readonly (readonly bigint[])[];

/** row · matrix. */
export function rowTimes(row: readonly bigint[], matrix: Matrix): bigint[] {
  return matrix[0].map((_, column) => {
    let sum = 0n;
    for (let i = 0; i < row.length; i++) sum += row[i] * matrix[i][column];
    return sum % SCALAR_FIELD;
  });
}

export function timesMatrix(left: Matrix, right: Matrix): Matrix {
  return left.map((row) => rowTimes(row, right));
}

/** The inverse of a regular matrix, by Gauss and Jordan. */
export function invertMatrix(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1n : 0n))]);
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0n);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const factor = invert(rows[column][column]);
    rows[column] = rows[column].map((value) => (value * factor) % SCALAR_FIELD);
    for (let i = 0; i < size; i++) {
      const multiple = rows[i][column];
      if (i === column || multiple === 0n) continue;
      rows[i] = rows[i].map((value, j) => reduce(value - multiple * rows[column][j]));
    }
  }
  return rows.map((row) => row.slice(size));
}
