import fc from 'fast-check';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';

/** A linear combination: wire → coefficient. */
export type Row = ReadonlyMap<number, bigint>;

/** A circuit with a witness that satisfies it. */
export interface Example {
  readonly r1cs: R1cs;
  readonly witness: readonly bigint[];
}

export function mod(value: bigint): bigint {
  const reduced = value % SCALAR_FIELD;
  return reduced < 0n ? reduced + SCALAR_FIELD : reduced;
}

export function dot(row: Row, witness: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, coefficient] of row) sum += coefficient * witness[wire];
  return mod(sum);
}

/** An R1CS from rows of maps, with one table for all three matrices. */
export function r1csOf(
  shape: Pick<R1cs, 'wires' | 'publicOutputs' | 'publicInputs' | 'privateInputs'>,
  constraints: readonly (readonly [a: Row, b: Row, c: Row])[],
): R1cs {
  const table: bigint[] = [];
  const indexOf = new Map<bigint, number>();
  const matrix = (which: 0 | 1 | 2): SparseRows => {
    const offsets = [0];
    const wires: number[] = [];
    const coefficients: number[] = [];
    for (const constraint of constraints) {
      for (const [wire, value] of constraint[which]) {
        const index = indexOf.get(value) ?? table.push(value) - 1;
        indexOf.set(value, index);
        wires.push(wire);
        coefficients.push(index);
      }
      offsets.push(wires.length);
    }
    return {
      offsets: Uint32Array.from(offsets),
      wires: Uint32Array.from(wires),
      coefficients: Uint32Array.from(coefficients),
      table,
    };
  };
  return { ...shape, constraints: constraints.length, a: matrix(0), b: matrix(1), c: matrix(2) };
}

/** The rows of one matrix as maps, for comparing circuits whose tables differ. */
export function rowsOf(rows: SparseRows): readonly (readonly (readonly [wire: number, value: bigint])[])[] {
  return Array.from({ length: rows.offsets.length - 1 }, (_, constraint) =>
    Array.from({ length: rows.offsets[constraint + 1] - rows.offsets[constraint] }, (_unused, term) => {
      const at = rows.offsets[constraint] + term;
      return [rows.wires[at], rows.table[rows.coefficients[at]]] as const;
    }),
  );
}

/**
 * y = x squared `squarings` times, plus a constant: wire 1 is the public output y, wire 2 the public input
 * x. Every squaring is one constraint; a linear row 0·0 = … ties the last square to y.
 */
export function squarings(count: number, x: bigint, constant = 5n): Example {
  const witness = [1n, 0n, x];
  const constraints: [Row, Row, Row][] = [];
  let last = 2;
  for (let step = 0; step < count; step++) {
    witness.push(mod(witness[last] * witness[last]));
    const next = witness.length - 1;
    constraints.push([new Map([[last, 1n]]), new Map([[last, 1n]]), new Map([[next, 1n]])]);
    last = next;
  }
  witness[1] = mod(witness[last] + constant);
  constraints.push([
    new Map(),
    new Map(),
    new Map([
      [last, 1n],
      [0, constant],
      [1, SCALAR_FIELD - 1n],
    ]),
  ]);
  const shape = { wires: witness.length, publicOutputs: 1, publicInputs: 1, privateInputs: 0 };
  return { r1cs: r1csOf(shape, constraints), witness };
}

const element = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, SCALAR_FIELD - 1n, SCALAR_FIELD - 2n, 1n << 32n, 1n << 253n),
  fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
);

/**
 * Any small circuit with a witness: rows of random terms over the wires so far, and a fresh wire in C that
 * makes each row true. Empty rows, unused wires and zero coefficients occur.
 */
export const anyExample: fc.Arbitrary<Example> = fc
  .record({
    start: fc.array(element, { minLength: 1, maxLength: 6 }),
    publicOutputs: fc.nat(2),
    publicInputs: fc.nat(2),
    rows: fc.array(
      fc.tuple(
        fc.array(fc.tuple(fc.nat(), element), { maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), element), { maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), element), { maxLength: 4 }),
      ),
      { maxLength: 12 },
    ),
  })
  .map(({ start, publicOutputs, publicInputs, rows }) => {
    const witness = [1n, ...start];
    const constraints = rows.map(([a, b, c]): [Row, Row, Row] => {
      const row = (terms: readonly (readonly [number, bigint])[]): Row =>
        new Map(terms.map(([wire, value]) => [wire % witness.length, value]));
      const [rowA, rowB, rowC] = [row(a), row(b), row(c)];
      const missing = mod(dot(rowA, witness) * dot(rowB, witness) - dot(rowC, witness));
      witness.push(missing);
      return [rowA, rowB, new Map([...rowC, [witness.length - 1, 1n]])];
    });
    const outputs = Math.min(publicOutputs, start.length);
    const inputs = Math.min(publicInputs, start.length - outputs);
    const shape = { wires: witness.length, publicOutputs: outputs, publicInputs: inputs, privateInputs: 0 };
    return { r1cs: r1csOf(shape, constraints), witness };
  });
