import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { CircuitError } from '../errors.ts';

/**
 * The first row that a witness breaks, or undefined when it satisfies all.
 * @param values one little-endian field element of 32 bytes a wire, as computeWitness gives them
 * @throws CircuitError CIRCUIT_WITNESS_SIZE, CIRCUIT_WITNESS_ONE: wire 0 isn't one,
 *   CIRCUIT_WITNESS_FIELD: a value not below the modulus
 */
export function checkWitness(r1cs: R1cs, values: Uint8Array, modulus = SCALAR_FIELD): number | undefined {
  if (values.length !== r1cs.wires * FIELD_BYTES) {
    throw new CircuitError(
      'CIRCUIT_WITNESS_SIZE',
      `expected ${r1cs.wires} wires of ${FIELD_BYTES} bytes, got ${values.length} bytes`,
    );
  }
  const wires = new Array<bigint>(r1cs.wires);
  for (let wire = 0; wire < wires.length; wire++) {
    wires[wire] = readLittleEndian(values, wire * FIELD_BYTES);
    if (wires[wire] >= modulus) {
      throw new CircuitError('CIRCUIT_WITNESS_FIELD', `wire ${wire} is not below the order of the field`);
    }
  }
  if (wires[0] !== 1n)
    throw new CircuitError('CIRCUIT_WITNESS_ONE', `expected wire 0 to be 1, got ${wires[0]}`);
  return firstBrokenRow(r1cs, wires, modulus);
}

/** The same for values that are bigints already, each in [0, modulus). */
export function firstBrokenRow(
  r1cs: R1cs,
  wires: readonly bigint[],
  modulus = SCALAR_FIELD,
): number | undefined {
  for (let row = 0; row < r1cs.constraints; row++) {
    if (!holdsRow(r1cs, row, wires, modulus)) return row;
  }
  return undefined;
}

/** Whether (A·w)(B·w) = C·w in one row. */
export function holdsRow(r1cs: R1cs, row: number, wires: readonly bigint[], modulus = SCALAR_FIELD): boolean {
  const a = dot(r1cs.a, row, wires);
  const b = a === 0n ? 0n : dot(r1cs.b, row, wires);
  return (a * b - dot(r1cs.c, row, wires)) % modulus === 0n;
}

function dot(
  { offsets, wires, coefficients, table }: SparseRows,
  row: number,
  values: readonly bigint[],
): bigint {
  let sum = 0n;
  for (let t = offsets[row]; t < offsets[row + 1]; t++) {
    const value = values[wires[t]];
    if (value === 0n) continue;
    sum += value === 1n ? table[coefficients[t]] : table[coefficients[t]] * value;
  }
  return sum;
}
