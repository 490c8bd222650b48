import { invert } from '../../../slicer/circuit/poseidon/field.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { mod } from './support.ts';

type Draw = (low: number, high: number) => number;

/** Changes of wires: what each gets instead. */
export type Edit = ReadonlyMap<number, bigint>;

/** A wire's coefficients: in each row that it stands in, by matrix. */
interface Column {
  readonly row: number;
  readonly matrix: 0 | 1 | 2;
  readonly coefficient: bigint;
}

/**
 * Says whether a witness still satisfies a circuit after some wires changed, in time that depends on those wires'
 * rows only: the sums A·w, B·w and C·w of the honest witness are kept, and an edit moves them by its differences.
 */
export class EditChecker {
  readonly #honest: readonly bigint[];
  readonly #columns: readonly (readonly Column[])[];
  readonly #wiresOf: readonly Set<number>[];
  readonly #sums: readonly (readonly bigint[])[];
  readonly #settled: ReadonlySet<number>;

  /** @param settled the wires that nothing is solved for, the constant among them */
  constructor(r1cs: R1cs, honest: readonly bigint[], settled: ReadonlySet<number> = new Set([0])) {
    this.#settled = settled;
    this.#honest = honest;
    const columns = honest.map((): Column[] => []);
    this.#sums = [r1cs.a, r1cs.b, r1cs.c].map((rows, matrix) =>
      sumsOf(rows, r1cs.constraints, honest, (wire, row, coefficient) =>
        columns[wire].push({ row, matrix: matrix as 0 | 1 | 2, coefficient }),
      ),
    );
    this.#columns = columns;
    this.#wiresOf = Array.from({ length: r1cs.constraints }, () => new Set<number>());
    columns.forEach((column, wire) => column.forEach(({ row }) => this.#wiresOf[row].add(wire)));
    for (let row = 0; row < r1cs.constraints; row++) {
      if (this.#broken(row, [0n, 0n, 0n])) throw new Error(`the honest witness breaks row ${row}`);
    }
  }

  /** @param without a row that is not looked at, as if the circuit did not have it */
  accepts(edit: Edit, without = -1): boolean {
    for (const [row, differences] of this.#moved(edit)) {
      if (row !== without && this.#broken(row, differences)) return false;
    }
    return true;
  }

  /**
   * An edit carried on as a solver would: while a row is broken, another of its wires is set so that it holds.
   * @param steps how many wires may be added
   */
  repaired(edit: Edit, draw: Draw, steps: number, without = -1): Edit {
    const edited = new Map(edit);
    for (let step = 0; step < steps; step++) {
      const broken = [...this.#moved(edited)].filter(
        ([row, differences]) => row !== without && this.#broken(row, differences),
      );
      if (broken.length === 0) break;
      const [row, differences] = broken[draw(0, broken.length - 1)];
      const wires = [...this.#wiresOf[row]].filter((wire) => !this.#settled.has(wire) && !edited.has(wire));
      if (wires.length === 0) break;
      const wire = wires[draw(0, wires.length - 1)];
      const difference = this.#solve(row, wire, differences);
      if (difference === undefined) continue;
      edited.set(wire, mod(this.#honest[wire] + difference));
    }
    return edited;
  }

  /** By how much a wire has to change for a row to hold; undefined where no or more than one way leads there. */
  #solve(row: number, wire: number, moved: readonly [bigint, bigint, bigint]): bigint | undefined {
    const [a, b, c] = [0, 1, 2].map((matrix) =>
      this.#columns[wire]
        .filter((column) => column.row === row && column.matrix === matrix)
        .reduce((sum, { coefficient }) => sum + coefficient, 0n),
    );
    if (a !== 0n && b !== 0n) return undefined;
    const [left, right, product] = this.#sums.map((sums, matrix) => sums[row] + moved[matrix]);
    // (left + a·d)(right + b·d) = product + c·d with a·b = 0.
    const slope = mod(a * right + b * left - c);
    return slope === 0n ? undefined : mod((product - left * right) * invert(slope, SCALAR_FIELD));
  }

  /** By how much the sums of each row that an edit touches move. */
  #moved(edit: Edit): Map<number, [bigint, bigint, bigint]> {
    const moved = new Map<number, [bigint, bigint, bigint]>();
    for (const [wire, value] of edit) {
      const difference = value - this.#honest[wire];
      if (difference === 0n) continue;
      for (const { row, matrix, coefficient } of this.#columns[wire]) {
        const differences = moved.get(row) ?? [0n, 0n, 0n];
        differences[matrix] += coefficient * difference;
        moved.set(row, differences);
      }
    }
    return moved;
  }

  #broken(row: number, [a, b, c]: readonly [bigint, bigint, bigint]): boolean {
    const [left, right, product] = this.#sums;
    return ((left[row] + a) * (right[row] + b) - product[row] - c) % SCALAR_FIELD !== 0n;
  }
}

function sumsOf(
  { offsets, wires, coefficients, table }: SparseRows,
  rows: number,
  values: readonly bigint[],
  visit: (wire: number, row: number, coefficient: bigint) => void,
): readonly bigint[] {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0n;
    for (let t = offsets[row]; t < offsets[row + 1]; t++) {
      const coefficient = table[coefficients[t]];
      sum += coefficient * values[wires[t]];
      visit(wires[t], row, coefficient);
    }
    return mod(sum);
  });
}

/** What edits are drawn from: the wires that may be edited, and a second honest witness to take values from. */
export interface Mutable {
  readonly honest: readonly bigint[];
  readonly other: readonly bigint[];
  readonly wires: readonly number[];
}

/** One wire with another value: any, one off, a bit flipped, or a value of its neighbourhood. */
export function singleEdit(given: Mutable, draw: Draw): Edit {
  const wire = pick(given, draw);
  return new Map([[wire, changed(given, wire, draw)]]);
}

/** Several wires at once, in the ways that a forger would try. */
export function multiEdit(given: Mutable, draw: Draw): Edit {
  const { honest, other, wires } = given;
  const at = draw(0, wires.length - 1);
  const first = wires[at];
  const second = wires[Math.min(wires.length - 1, at + draw(1, 3))];
  switch (draw(0, 7)) {
    case 0:
      return new Map(
        Array.from({ length: draw(2, 6) }, () => pick(given, draw)).map((wire) => [
          wire,
          changed(given, wire, draw),
        ]),
      );
    case 1:
      // Swapped.
      return new Map([
        [first, honest[second]],
        [second, honest[first]],
      ]);
    case 2: {
      // A value moved between two bits of different weights: 2^k less here, one more there, and back.
      const factor = 1n << BigInt(draw(0, 3));
      const sign = draw(0, 1) === 0 ? 1n : -1n;
      return new Map([
        [first, mod(honest[first] + sign * factor)],
        [second, mod(honest[second] - sign)],
      ]);
    }
    case 3: {
      // One slot of a shared row pays for another.
      const slot = 1n << BigInt(draw(8, 60));
      const [left, right] = [pick(given, draw), pick(given, draw)];
      return new Map([
        [left, mod(honest[left] + slot)],
        [right, mod(honest[right] - 1n)],
      ]);
    }
    case 4: {
      // A run of booleans as another number.
      const run = wires.slice(at, at + draw(2, 12));
      const value = draw(0, 4095);
      return new Map(run.map((wire, i) => [wire, BigInt((value >> i) & 1)]));
    }
    case 5:
      // A stretch of another honest witness.
      return new Map(wires.slice(at, at + draw(2, 60)).map((wire) => [wire, other[wire]]));
    case 6: {
      // The same difference on both.
      const difference = BigInt(draw(-3, 3));
      return new Map([first, second].map((wire) => [wire, mod(honest[wire] + difference)]));
    }
    default:
      // Flipped together.
      return new Map(wires.slice(at, at + draw(2, 8)).map((wire) => [wire, mod(1n - honest[wire])]));
  }
}

/** Whether an edit changes anything. */
export function changes({ honest }: Mutable, edit: Edit): boolean {
  return [...edit].some(([wire, value]) => honest[wire] !== value);
}

function pick({ wires }: Mutable, draw: Draw): number {
  return wires[draw(0, wires.length - 1)];
}

function changed({ honest, other, wires }: Mutable, wire: number, draw: Draw): bigint {
  const value = honest[wire];
  const random = (): bigint =>
    Array.from({ length: 8 }, () => BigInt(draw(0, 2 ** 32 - 1))).reduce(
      (all, part) => (all << 32n) + part,
      0n,
    );
  const candidates = [
    () => value + 1n,
    () => value - 1n,
    () => value ^ (1n << BigInt(draw(0, 20))),
    () => -value,
    () => 2n * value,
    () => BigInt(draw(0, 1)),
    () => honest[pick({ honest, other, wires }, draw)],
    () => other[wire],
    random,
  ];
  const edit = mod(candidates[draw(0, candidates.length - 1)]());
  return edit === value ? mod(value + 1n) : edit;
}
