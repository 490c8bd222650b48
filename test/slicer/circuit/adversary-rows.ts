import { committedChallenge } from '../../../groth16/audit/unique/challenge.ts';
import type { Form } from '../../../groth16/audit/unique/form.ts';
import { lookupsOf } from '../../../groth16/audit/unique/lookups.ts';
import { Solver } from '../../../groth16/audit/unique/solver.ts';
import { systemOf } from '../../../groth16/audit/unique/system.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';

export type Terms = readonly (readonly [wire: number, factor: bigint])[];

export interface Row {
  readonly a: Terms;
  readonly b: Terms;
  readonly c: Terms;
}

/** What an adversary looks at. */
export interface AdversaryRows {
  readonly rows: readonly Row[];
  readonly honest: readonly bigint[];
  /** Wires that stay: inputs, salts, the tag. */
  readonly fixed: ReadonlySet<number>;
  /** Bits of wires that are looked up in 0 … 2^bits − 1. */
  readonly ranges: ReadonlyMap<number, number>;
  /** Entries of wires that are looked up in another table. */
  readonly tables: ReadonlyMap<number, readonly bigint[]>;
}

const EMPTY: Row = { a: [], b: [], c: [] };

/**
 * The rows of a circuit, each lookup in place of the argument's rows for it: what a prover before the challenge has to satisfy.
 * A value that is no wire is one more wire and a row that says so.
 * @param without rows that are not looked at: the hashing of outputs, which takes any
 */
export function rowsOf(
  r1cs: R1cs,
  honest: readonly bigint[],
  fixed: ReadonlySet<number>,
  without: ReadonlySet<number> = new Set(),
): AdversaryRows {
  const system = systemOf(r1cs, SCALAR_FIELD);
  const wires = [...honest];
  const ranges = new Map<number, number>();
  const tables = new Map<number, readonly bigint[]>();
  const more: Row[] = [];
  const apart = new Set(without);
  for (const { looks, entries, rows } of lookupSums(r1cs, system)) {
    for (const row of rows) apart.add(row);
    const bits = entries.length.toString(2).length - 1;
    const isRange = entries.every((entry, i) => entry === BigInt(i)) && entries.length === 1 << bits;
    for (const { value } of looks) {
      let wire = wireOf(value);
      if (wire === undefined || ranges.has(wire) || tables.has(wire)) {
        wire = wires.push(mod(sum(termsOf(value), wires))) - 1;
        more.push({ ...EMPTY, c: [...termsOf(value), [wire, -1n]] });
      }
      if (isRange) ranges.set(wire, bits);
      else tables.set(wire, entries);
    }
  }
  const own = system.rows.map(({ a, b, c }, row) =>
    apart.has(row) ? EMPTY : { a: termsOf(a), b: termsOf(b), c: termsOf(c) },
  );
  const stay = new Set([0, ...[...fixed].map((wire) => system.standsFor[wire])]);
  const rows = [...own, ...more];
  const counts = new Map<number, number>();
  for (const { a, b, c } of rows)
    for (const [wire] of [...a, ...b, ...c]) counts.set(wire, (counts.get(wire) ?? 0) + 1);
  // A sum with a wire that stands nowhere else, as a committed word, says what that is.
  const isFree = (wire: number): boolean =>
    counts.get(wire) === 1 && !stay.has(wire) && !ranges.has(wire) && !tables.has(wire);
  const isDefinition = ({ a, b, c }: Row): boolean =>
    a.length === 0 && b.length === 0 && c.some(([wire]) => isFree(wire));
  return {
    rows: rows.map((row) => (isDefinition(row) ? EMPTY : row)),
    honest: wires,
    fixed: stay,
    ranges,
    tables,
  };
}

function lookupSums(r1cs: R1cs, system: ReturnType<typeof systemOf>): ReturnType<typeof lookupsOf> {
  if ((r1cs.committed ?? 0) === 0) return [];
  const { wire, isFixed } = committedChallenge(r1cs, system);
  return lookupsOf(new Solver(system).known, system.standsFor[wire], isFixed);
}

function wireOf({ wires, factors, constant }: Form): number | undefined {
  return wires.length === 1 && factors[0] === 1n && constant === 0n ? wires[0] : undefined;
}

/** The constant is a term of wire 0. */
function termsOf({ wires, factors, constant }: Form): Terms {
  const terms = wires.map((wire, i) => [wire, factors[i]] as const);
  return constant === 0n ? terms : [...terms, [0, constant]];
}

export function sum(terms: Terms, wires: readonly bigint[]): bigint {
  return terms.reduce((total, [wire, factor]) => total + factor * wires[wire], 0n);
}

export function mod(value: bigint): bigint {
  return ((value % SCALAR_FIELD) + SCALAR_FIELD) % SCALAR_FIELD;
}
