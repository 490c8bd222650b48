import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import type { Operand } from '../../integer/exact.ts';
import { GrowableUint32 } from './growable.ts';
import { EMPTY_SUM, SumTable } from './sums.ts';

/** The wire that is always one. */
export const ONE = 0;

/** What a new {@link R1csBuilder} starts from. */
export interface BuilderOptions {
  /** Public signals, wires 1 … publicInputs. */
  readonly publicInputs: number;
  /** Private inputs, the wires after them. */
  readonly privateInputs: number;
  /** The field's order; another prime only where a test enumerates a gadget. */
  readonly modulus?: bigint;
}

/**
 * Collects rows (A·w)(B·w) = C·w straight into compressed typed arrays: a row is what was pushed on `a`, `b`
 * and `c` since the last {@link endRow}. Time and memory are linear in the number of terms.
 *
 * Coefficients are named by their index in one table for all three matrices. A row with empty A and B says
 * C·w = 0; it is free for the prover, whose key holds A and B coefficients only.
 */
export class R1csBuilder {
  readonly modulus: bigint;
  /** Integers below 2^capacity are distinct in the field: ⌊log2 modulus⌋. */
  readonly capacity: number;
  readonly a: MatrixBuilder;
  readonly b: MatrixBuilder;
  readonly c: MatrixBuilder;
  #wires: number;
  #rows = 0;
  readonly #publicInputs: number;
  readonly #privateInputs: number;
  /** Ascending, by the numbers that wires have until {@link finish}. */
  readonly #committed = new GrowableUint32();
  #renumber: Uint32Array | undefined;
  readonly #table: bigint[] = [];
  /** The first index of each {@link hashOf}; the rest of its chain in #sameHash. */
  readonly #firstOf = new Map<number, number>();
  readonly #sameHash: (number | undefined)[] = [];
  /** By shift, then by number: what most terms ask for, without making a bigint. */
  readonly #shifted: Map<number, number>[] = [];

  constructor({ publicInputs, privateInputs, modulus = SCALAR_FIELD }: BuilderOptions) {
    this.modulus = modulus;
    this.capacity = modulus.toString(2).length - 1;
    this.#publicInputs = publicInputs;
    this.#privateInputs = privateInputs;
    this.#wires = 1 + publicInputs + privateInputs;
    const merger = new RowMerger(new SumTable((coefficients) => this.#totalOf(coefficients)));
    const isZero = (coefficient: number): boolean => this.#table[coefficient] === 0n;
    this.a = new MatrixBuilder(merger, isZero);
    this.b = new MatrixBuilder(merger, isZero);
    this.c = new MatrixBuilder(merger, isZero);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Wires so far, the constant included. */
  get wires(): number {
    return this.#wires;
  }

  /** Adds `count` consecutive wires; the first one's number. */
  newWires(count: number): number {
    const first = this.#wires;
    this.#wires += count;
    return first;
  }

  /**
   * Adds `count` consecutive wires that {@link finish} puts behind the public inputs, as public ones; the first one's
   * number until then.
   */
  newCommitted(count: number): number {
    for (let i = 0; i < count; i++) this.#committed.push(this.#wires + i);
    return this.newWires(count);
  }

  /** The table's index of a coefficient, any integer. */
  coefficient(value: bigint): number {
    const canonical = this.#canonical(value);
    const hash = hashOf(canonical);
    const first = this.#firstOf.get(hash);
    for (let index = first; index !== undefined; index = this.#sameHash[index]) {
      if (this.#table[index] === canonical) return index;
    }
    const index = this.#table.push(canonical) - 1;
    this.#sameHash.push(first);
    this.#firstOf.set(hash, index);
    return index;
  }

  /** The table's index of `value` · 2^`shift`. */
  scaled(value: Operand, shift = 0): number {
    const known = (this.#shifted[shift] ??= new Map<number, number>());
    let index = known.get(value);
    if (index === undefined) {
      index = this.coefficient(BigInt(value) << BigInt(shift));
      known.set(value, index);
    }
    return index;
  }

  /** Closes the row that was pushed. */
  endRow(): void {
    this.a.endRow();
    this.b.endRow();
    this.c.endRow();
    this.#rows++;
  }

  /** One row: the wire is 0 or 1. */
  boolean(wire: number): void {
    this.a.push(wire, this.scaled(1));
    this.b.push(ONE, this.scaled(-1));
    this.b.push(wire, this.scaled(1));
    this.endRow();
  }

  /** One row: left · right = product. */
  product(left: number, right: number, product: number): void {
    const one = this.scaled(1);
    this.a.push(left, one);
    this.b.push(right, one);
    this.c.push(product, one);
    this.endRow();
  }

  finish(): R1cs {
    const committed = this.#committed.length;
    const renumber = committed === 0 ? undefined : this.#lastNumbers();
    this.#renumber = renumber;
    const finished = (matrix: MatrixBuilder): SparseRows => {
      const rows = matrix.finish(this.#table);
      return renumber === undefined ? rows : renumbered(rows, renumber, this.#publicInputs + committed);
    };
    return {
      wires: this.#wires,
      publicOutputs: 0,
      publicInputs: this.#publicInputs + committed,
      privateInputs: this.#privateInputs,
      ...(committed === 0 ? {} : { committed }),
      constraints: this.#rows,
      a: finished(this.a),
      b: finished(this.b),
      c: finished(this.c),
    };
  }

  /** The number that a wire has in what {@link finish} gave. */
  lastNumber(wire: number): number {
    return this.#renumber?.[wire] ?? wire;
  }

  /** By the number until now: constant and public inputs, committed wires, all others. */
  #lastNumbers(): Uint32Array {
    const committed = this.#committed.length;
    const numbers = new Uint32Array(this.#wires);
    let next = 0;
    for (let wire = 0; wire < this.#wires; wire++) {
      if (next < committed && this.#committed.at(next) === wire) {
        numbers[wire] = 1 + this.#publicInputs + next++;
      } else numbers[wire] = wire <= this.#publicInputs ? wire : wire + committed - next;
    }
    return numbers;
  }

  #canonical(value: bigint): bigint {
    const rest = value % this.modulus;
    return rest < 0n ? rest + this.modulus : rest;
  }

  #totalOf(coefficients: readonly number[]): number {
    let total = 0n;
    for (const index of coefficients) total += this.#table[index];
    return this.coefficient(total);
  }
}

/** Rows with other numbers of wires; both kinds of wires keep their order, so a row is two ascending runs. */
function renumbered(rows: SparseRows, numbers: Uint32Array, lastPublic: number): SparseRows {
  const wires = new Uint32Array(rows.wires.length);
  const coefficients = new Uint32Array(rows.wires.length);
  for (let row = 0; row + 1 < rows.offsets.length; row++) {
    let at = rows.offsets[row];
    for (const isPublic of [true, false]) {
      for (let term = rows.offsets[row]; term < rows.offsets[row + 1]; term++) {
        const wire = numbers[rows.wires[term]];
        if (wire <= lastPublic !== isPublic) continue;
        wires[at] = wire;
        coefficients[at++] = rows.coefficients[term];
      }
    }
  }
  return { ...rows, wires, coefficients };
}

/** One matrix under construction. */
export class MatrixBuilder {
  readonly #offsets = new GrowableUint32();
  readonly #wires = new GrowableUint32();
  readonly #coefficients = new GrowableUint32();
  readonly #merger: RowMerger;
  readonly #isZero: (coefficient: number) => boolean;
  #start = 0;
  #ascending = true;

  constructor(merger: RowMerger, isZero: (coefficient: number) => boolean) {
    this.#merger = merger;
    this.#isZero = isZero;
    this.#offsets.push(0);
  }

  /** A term of the current row; terms of one wire are added up when the row ends. */
  push(wire: number, coefficient: number): void {
    const at = this.#wires.length;
    if (at > this.#start && this.#wires.at(at - 1) >= wire) this.#ascending = false;
    this.#wires.push(wire);
    this.#coefficients.push(coefficient);
  }

  endRow(): void {
    if (!this.#ascending) this.#canonicalise();
    this.#start = this.#wires.length;
    this.#ascending = true;
    this.#offsets.push(this.#start);
  }

  finish(table: readonly bigint[]): SparseRows {
    return {
      offsets: this.#offsets.toArray(),
      wires: this.#wires.toArray(),
      coefficients: this.#coefficients.toArray(),
      table,
    };
  }

  /** Sorts the current row by wire and adds up the terms of one wire: a row has one way to be written. */
  #canonicalise(): void {
    for (let at = this.#start; at < this.#wires.length; at++) {
      this.#merger.add(this.#wires.at(at), this.#coefficients.at(at));
    }
    this.#wires.truncate(this.#start);
    this.#coefficients.truncate(this.#start);
    this.#merger.take((wire, coefficient) => {
      if (this.#isZero(coefficient)) return;
      this.#wires.push(wire);
      this.#coefficients.push(coefficient);
    });
  }
}

/** Adds up the terms of one row, wire by wire. */
class RowMerger {
  readonly #sums: SumTable;
  /** By wire: its sum in the row under way, {@link EMPTY_SUM} between rows. */
  #sumOf = new Uint32Array(1024);
  readonly #wires = new GrowableUint32();

  constructor(sums: SumTable) {
    this.#sums = sums;
  }

  add(wire: number, coefficient: number): void {
    if (wire >= this.#sumOf.length) {
      const longer = new Uint32Array(Math.max(wire + 1, 2 * this.#sumOf.length));
      longer.set(this.#sumOf);
      this.#sumOf = longer;
    }
    const sum = this.#sumOf[wire];
    if (sum === EMPTY_SUM) this.#wires.push(wire);
    this.#sumOf[wire] = this.#sums.add(sum, coefficient);
  }

  /** The row's totals, by ascending wire; the next row starts empty. */
  take(visit: (wire: number, coefficient: number) => void): void {
    for (const wire of this.#wires.toArray().sort()) {
      visit(wire, this.#sums.total(this.#sumOf[wire]));
      this.#sumOf[wire] = EMPTY_SUM;
    }
    this.#wires.truncate(0);
  }
}

/**
 * A Map of bigints themselves would hash the lowest 64 bits only, which are zero in everything shifted up by
 * 64 or more: chains as long as the table.
 */
function hashOf(value: bigint): number {
  return Number(value % HASH_PRIME);
}

/** The largest prime below 2^53. */
const HASH_PRIME = 9007199254740881n;
