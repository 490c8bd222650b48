import { SCALAR_FIELD } from '../formats/bn254.ts';
import type { R1cs, SparseRows } from '../formats/r1cs.ts';
import { CircuitError } from './errors.ts';
import { GrowableUint32 } from './growable.ts';

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
    const sum = (left: number, right: number): number | undefined => this.#sum(left, right);
    this.a = new MatrixBuilder(sum);
    this.b = new MatrixBuilder(sum);
    this.c = new MatrixBuilder(sum);
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

  /** The table's index of `value` · 2^`shift`, value a safe integer. */
  scaled(value: number, shift = 0): number {
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
    return {
      wires: this.#wires,
      publicOutputs: 0,
      publicInputs: this.#publicInputs,
      privateInputs: this.#privateInputs,
      constraints: this.#rows,
      a: this.a.finish(this.#table),
      b: this.b.finish(this.#table),
      c: this.c.finish(this.#table),
    };
  }

  #canonical(value: bigint): bigint {
    const rest = value % this.modulus;
    return rest < 0n ? rest + this.modulus : rest;
  }

  /** The index of the sum of two coefficients; undefined when it is zero. */
  #sum(left: number, right: number): number | undefined {
    const sum = this.#canonical(this.#table[left] + this.#table[right]);
    return sum === 0n ? undefined : this.coefficient(sum);
  }
}

/** One matrix under construction. */
export class MatrixBuilder {
  readonly #offsets = new GrowableUint32();
  readonly #wires = new GrowableUint32();
  readonly #coefficients = new GrowableUint32();
  readonly #sum: (left: number, right: number) => number | undefined;
  #start = 0;
  #ascending = true;

  constructor(sum: (left: number, right: number) => number | undefined) {
    this.#sum = sum;
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
    const length = this.#wires.length - this.#start;
    if (length > MOST_TERMS) {
      throw new CircuitError(
        'CIRCUIT_ROW_TOO_LONG',
        `expected at most ${MOST_TERMS} terms in a row, got ${length}`,
      );
    }
    // The place in the row rides below the wire's number: one numeric sort, no comparator.
    const keys = new Float64Array(length);
    for (let i = 0; i < length; i++) keys[i] = this.#wires.at(this.#start + i) * MOST_TERMS + i;
    keys.sort();
    const coefficients = new Uint32Array(length);
    for (let i = 0; i < length; i++)
      coefficients[i] = this.#coefficients.at(this.#start + (keys[i] % MOST_TERMS));
    this.#wires.truncate(this.#start);
    this.#coefficients.truncate(this.#start);
    for (let i = 0; i < length;) {
      const wire = Math.floor(keys[i] / MOST_TERMS);
      let coefficient: number | undefined = coefficients[i++];
      while (i < length && Math.floor(keys[i] / MOST_TERMS) === wire) {
        coefficient = coefficient === undefined ? coefficients[i] : this.#sum(coefficient, coefficients[i]);
        i++;
      }
      if (coefficient === undefined) continue;
      this.#wires.push(wire);
      this.#coefficients.push(coefficient);
    }
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

/** 2^21 terms a row and 2^32 wires stay exact in one double. */
const MOST_TERMS = 2 ** 21;
