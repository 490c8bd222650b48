import { exact, negated } from '../../../../slicer/integer/exact.ts';
import { R1csBuilder } from '../../../../slicer/circuit/rows/builder.ts';
import { firstBrokenRow } from '../../../../slicer/circuit/witness/check.ts';
import { LinearForms } from '../../../../slicer/circuit/rows/linear.ts';
import { LookupArgument, type LookupLayout } from '../../../../slicer/circuit/lookups/argument.ts';
import { lintLookups } from '../../../../slicer/circuit/lookups/lint.ts';
import type { LookupTable } from '../../../../slicer/circuit/lookups/table.ts';
import { invert } from '../../../../slicer/circuit/poseidon/field.ts';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../../groth16/formats/r1cs.ts';
import { mod } from '../support.ts';

/** A circuit of one signal, wire 1, with the challenge in wire 2 and the committed wires from 3 on. */
export interface TinyCircuit {
  readonly r1cs: R1cs;
  readonly layout: LookupLayout;
}

export const SIGNAL = 1;
export const CHALLENGE = 2;
export const FIRST_COMMITTED = 3;

/** Makes a circuit with the real argument; nothing is checked. */
export function tinyCircuit(
  constrain: (builder: R1csBuilder, lookups: LookupArgument, signal: number) => void,
): TinyCircuit {
  const builder = new R1csBuilder({ publicInputs: 2, privateInputs: 0 });
  const lookups = new LookupArgument(builder, CHALLENGE);
  constrain(builder, lookups, SIGNAL);
  lookups.close();
  const r1cs = builder.finish();
  return { r1cs, layout: lookups.layout() };
}

/** A form Σ factor · wire, alone. */
export function formOf(terms: Readonly<Record<number, number>>, constant = 0): LinearForms {
  const forms = new LinearForms();
  for (const [wire, factor] of Object.entries(terms)) forms.term(Number(wire), exact(factor));
  forms.close(exact(constant));
  return forms;
}

/** One row: signal = wire. */
export function equalRow(builder: R1csBuilder, left: number, right: number): void {
  builder.c.push(left, builder.scaled(1));
  builder.c.push(right, builder.scaled(-1));
  builder.endRow();
}

/** What an unsafe argument leaves out. */
export interface Omissions {
  /** Multiplicities are private wires. */
  readonly freeMultiplicities?: boolean;
  /** All tables share one sum. */
  readonly oneSum?: boolean;
}

/** Lookups with a safeguard left out. Values and entries as in the real argument. */
export function unsafeCircuit(
  constrain: (
    builder: R1csBuilder,
    commit: () => number,
    look: (table: LookupTable, forms: LinearForms) => void,
  ) => void,
  { freeMultiplicities = false, oneSum = false }: Omissions,
): TinyCircuit {
  const builder = new R1csBuilder({ publicInputs: 2, privateInputs: 0 });
  const looks = new Map<string, { table: LookupTable; values: LinearForms[] }>();
  constrain(
    builder,
    () => builder.newCommitted(1),
    (table, forms) => {
      const known = looks.get(table.key) ?? { table, values: [] };
      looks.set(table.key, known);
      known.values.push(forms);
    },
  );
  const tables = [...looks.values()];
  const multiplicities = tables.map(({ table }) =>
    freeMultiplicities ? 0 : builder.newCommitted(table.entries.length),
  );
  builder.newCommitted(1);
  const firstLate = builder.wires;
  const one = builder.scaled(1);
  const sums: (readonly [wire: number, factor: number])[][] = [];
  for (const [i, { table, values }] of tables.entries()) {
    const sum: (readonly [number, number])[] = [];
    for (const form of values) {
      const inverse = builder.newWires(1);
      builder.a.push(inverse, one);
      builder.b.push(CHALLENGE, one);
      form.pushTo(builder.b, builder, 0, -1, 0);
      builder.c.push(0, one);
      builder.endRow();
      sum.push([inverse, 1]);
    }
    const free = freeMultiplicities ? builder.newWires(table.entries.length) : 0;
    for (const [at, entry] of table.entries.entries()) {
      const share = builder.newWires(1);
      builder.a.push(share, one);
      builder.b.push(CHALLENGE, one);
      if (entry !== 0) builder.b.push(0, builder.scaled(negated(entry)));
      builder.c.push((freeMultiplicities ? free : multiplicities[i]) + at, one);
      builder.endRow();
      sum.push([share, -1]);
    }
    sums.push(sum);
  }
  for (const sum of oneSum ? [sums.flat()] : sums) {
    for (const [wire, factor] of sum) builder.c.push(wire, builder.scaled(exact(factor)));
    builder.endRow();
  }
  const r1cs = builder.finish();
  const layout: LookupLayout = {
    challenge: CHALLENGE,
    firstLate: builder.lastNumber(firstLate),
    tables: tables.map(({ table }) => ({ table, seconds: [] })),
    pinned: [],
    checked: [],
  };
  return { r1cs, layout };
}

/** The wires that are the multiplicities of entries, by the entries' rows in their order. */
export function multiplicityWires({ r1cs: { a, b, c, constraints } }: TinyCircuit): readonly number[] {
  const wires: number[] = [];
  for (let row = 0; row < constraints; row++) {
    const isEntry =
      termsOf(a, row).length === 1 &&
      termsOf(b, row).every(([wire]) => wire === CHALLENGE || wire === 0) &&
      termsOf(b, row).some(([wire]) => wire === CHALLENGE) &&
      termsOf(c, row).some(([wire]) => wire !== 0);
    if (isEntry) wires.push(termsOf(c, row)[0][0]);
  }
  return wires;
}

/**
 * All wires from the early ones: inverses and shares are what their rows say.
 * @param early values by wire; the others are zero
 */
export function completed(
  { r1cs, layout }: TinyCircuit,
  early: Readonly<Record<number, bigint>>,
  challenge: bigint,
): bigint[] {
  const wires = new Array<bigint>(r1cs.wires).fill(0n);
  wires[0] = 1n;
  for (const [wire, value] of Object.entries(early)) wires[Number(wire)] = mod(value);
  wires[CHALLENGE] = challenge;
  const made = new Set(Object.keys(early).map(Number));
  for (let row = 0; row < r1cs.constraints; row++) {
    const [[wire] = [0]] = termsOf(r1cs.a, row);
    if (wire < layout.firstLate || made.has(wire)) continue;
    const right = dot(r1cs.b, row, wires);
    wires[wire] = right === 0n ? 0n : mod(dot(r1cs.c, row, wires) * invert(right));
  }
  return wires;
}

/** Changes the multiplicity in `wire` so that the sum in row `sum` (the last by default) is zero at this challenge. */
export function withFittingMultiplicity(
  circuit: TinyCircuit,
  early: Readonly<Record<number, bigint>>,
  challenge: bigint,
  wire: number,
  sum = circuit.r1cs.constraints - 1,
): Record<number, bigint> {
  const { c } = circuit.r1cs;
  const missing = dot(c, sum, completed(circuit, early, challenge));
  const more = dot(c, sum, completed(circuit, { ...early, [wire]: (early[wire] ?? 0n) + 1n }, challenge));
  const step = mod(more - missing);
  return { ...early, [wire]: mod((early[wire] ?? 0n) - missing * invert(step)) };
}

export function holds({ r1cs }: TinyCircuit, wires: readonly bigint[]): boolean {
  return firstBrokenRow(r1cs, wires) === undefined;
}

export function lint({ r1cs, layout }: TinyCircuit): () => void {
  return () => lintLookups(r1cs, layout);
}

export function termsOf(
  { offsets, wires, coefficients, table }: SparseRows,
  row: number,
): (readonly [wire: number, factor: bigint])[] {
  const terms: (readonly [number, bigint])[] = [];
  for (let t = offsets[row]; t < offsets[row + 1]; t++) terms.push([wires[t], table[coefficients[t]]]);
  return terms;
}

function dot(side: SparseRows, row: number, values: readonly bigint[]): bigint {
  return termsOf(side, row).reduce((sum, [wire, factor]) => (sum + factor * values[wire]) % SCALAR_FIELD, 0n);
}
