import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { publicSignalCount } from '../../../groth16/formats/r1cs.ts';
import { ONE } from '../rows/builder.ts';
import { CircuitError } from '../errors.ts';
import type { LookupLayout } from './argument.ts';
import { determinedWires, isBooleanRow } from './determined.ts';
import { isPairTable, isRange, type LookupTable } from './table.ts';

/**
 * Checks a compiled circuit of lookups, row by row and knowing nothing of the gadgets that made it:
 *
 * 1. There is one challenge, the public wire before the committed ones; the last committed wire is the blinding, which
 *    stands in no row.
 * 2. In a row with the challenge, or with a wire that depends on it, every other wire is fixed before the challenge:
 *    see {@link determinedWires}. So no looked-up value can be chosen by the challenge.
 * 3. The argument's rows have their shape: (X − value) · inverse = 1, (X − entry) · share = multiplicity, and for each
 *    table one sum of all its inverses and shares; inverses and shares stand nowhere else.
 * 4. Every multiplicity is a committed wire of its own; every table has just its entries.
 * 5. A committed wire is a multiplicity, the blinding, a word of booleans, pinned to a form by a row that says so,
 *    said to be proved by a product check and in a row of one with the challenge, or looked up as it is: not only times
 *    a factor, which fractions would pass.
 * 6. In a table of pairs x + F · y, each wire of y is boolean or is looked up in a range as well.
 *
 * @throws CircuitError LOOKUP_LINT
 */
export function lintLookups(r1cs: R1cs, layout: LookupLayout): void {
  new Lint(r1cs, layout).run();
}

const MINUS_ONE = SCALAR_FIELD - 1n;

/** A row (X − value) · wire = 1. */
interface Look {
  readonly row: number;
  /** Coefficients of the value by wire, the constant's under {@link ONE}. */
  readonly value: ReadonlyMap<number, bigint>;
}

/** A row (X − entry) · wire = multiplicity. */
interface Entry {
  readonly entry: bigint;
  readonly multiplicity: number;
}

class Lint {
  readonly #r1cs: R1cs;
  readonly #layout: LookupLayout;
  readonly #lastPublic: number;
  /** By inverse. */
  readonly #looks = new Map<number, Look>();
  /** By share. */
  readonly #entries = new Map<number, Entry>();
  readonly #sums: number[] = [];
  /** Wires that are what rule 5 allows of committed ones. */
  readonly #bound = new Set<number>();
  /** Wires that are looked up in a range as they are, and the wires of each pair's second part. */
  readonly #ranged = new Set<number>();
  readonly #pairs: { readonly row: number; readonly wires: readonly number[] }[] = [];
  readonly #pinned: ReadonlySet<number>;
  readonly #checked: ReadonlySet<number>;
  readonly #boolean: Uint8Array;

  constructor(r1cs: R1cs, layout: LookupLayout) {
    this.#r1cs = r1cs;
    this.#layout = layout;
    this.#pinned = new Set(layout.pinned);
    this.#checked = new Set(layout.checked);
    this.#lastPublic = publicSignalCount(r1cs);
    this.#boolean = new Uint8Array(r1cs.wires);
  }

  run(): void {
    const { challenge, firstLate } = this.#layout;
    const committed = this.#r1cs.committed ?? 0;
    if (committed === 0 || challenge !== this.#lastPublic - committed) {
      fail(
        `expected the challenge before the committed wires, got wire ${challenge} and ${committed} of them`,
      );
    }
    if (firstLate <= this.#lastPublic) fail('a wire that depends on the challenge is public');
    this.#sortRows();
    this.#checkSums();
    this.#checkCommitted();
  }

  #sortRows(): void {
    const { constraints, a, b, c } = this.#r1cs;
    const determined = determinedWires(this.#r1cs, this.#layout);
    for (let row = 0; row < constraints; row++) {
      const wires = [a, b, c].flatMap((side) => [...wiresOf(side, row)]);
      if (!wires.some((wire) => this.#isLate(wire))) {
        this.#checkWord(row);
        if (isBooleanRow(this.#r1cs, row)) this.#boolean[wiresOf(a, row)[0]] = 1;
        continue;
      }
      for (const wire of wires) {
        if (this.#isLate(wire) || determined[wire] === 1) continue;
        fail(`row ${row} has the challenge, and wire ${wire}, which nothing fixes before it`);
      }
      this.#sortLateRow(row);
    }
  }

  /** A linear row that makes a committed wire equal to something: a word of booleans, or a pinned value. */
  #checkWord(row: number): void {
    const { a, b, c } = this.#r1cs;
    if (wiresOf(a, row).length > 0 || wiresOf(b, row).length > 0) return;
    const terms = termsOf(c, row);
    for (const [wire, factor] of terms) {
      if (factor !== MINUS_ONE) continue;
      const isWord = [...terms.keys()].every((other) => other === wire || this.#boolean[other] === 1);
      if (isWord || this.#pinned.has(wire)) this.#bound.add(wire);
    }
  }

  #sortLateRow(row: number): void {
    const { a, b, c } = this.#r1cs;
    const [left, right, product] = [termsOf(a, row), termsOf(b, row), termsOf(c, row)];
    if (left.size === 0 && right.size === 0) {
      if ([...product.keys()].some((wire) => this.#looks.has(wire) || this.#entries.has(wire)))
        this.#sums.push(row);
      else this.#boundAs([...product.keys()].filter((wire) => this.#checked.has(wire)));
      return;
    }
    const [inverse] = left.keys();
    const isArgument =
      left.size === 1 &&
      inverse >= this.#layout.firstLate &&
      left.get(inverse) === 1n &&
      right.get(this.#layout.challenge) === 1n &&
      [...right.keys()].every((wire) => wire < this.#layout.firstLate) &&
      product.size === 1;
    if (!isArgument) {
      this.#boundAs([...product.keys()].filter((wire) => this.#checked.has(wire)));
      return;
    }
    right.delete(this.#layout.challenge);
    const value = new Map([...right].map(([wire, factor]) => [wire, negated(factor)]));
    const [[wire, factor]] = product;
    if (factor !== 1n) return;
    if (wire === ONE) this.#looks.set(inverse, { row, value });
    else if ([...value.keys()].every((other) => other === ONE)) {
      this.#entries.set(inverse, { entry: value.get(ONE) ?? 0n, multiplicity: wire });
    }
  }

  #isLate(wire: number): boolean {
    return wire === this.#layout.challenge || wire >= this.#layout.firstLate;
  }

  #checkSums(): void {
    const { tables } = this.#layout;
    if (this.#sums.length !== tables.length) {
      fail(`expected ${tables.length} sums, a table each, got ${this.#sums.length}`);
    }
    const multiplicities = new Set<number>();
    const summed = new Set<number>();
    for (const [i, row] of this.#sums.entries()) {
      const entries: bigint[] = [];
      const { table, seconds } = tables[i];
      let place = 0;
      for (const [wire, factor] of termsOf(this.#r1cs.c, row)) {
        const look = factor === 1n ? this.#looks.get(wire) : undefined;
        const entry = factor === MINUS_ONE ? this.#entries.get(wire) : undefined;
        if (look !== undefined) this.#checkLook(look, table, seconds[place++]);
        else if (entry === undefined) fail(`the sum in row ${row} has wire ${wire}, no inverse and no share`);
        else {
          entries.push(entry.entry);
          this.#checkMultiplicity(entry.multiplicity, multiplicities);
        }
        summed.add(wire);
      }
      const expected = table.entries;
      if (
        entries.length !== expected.length ||
        !expected.every((entry, at) => BigInt(entry) === entries[at])
      ) {
        fail(`the sum in row ${row} is not over the entries of table ${table.key}`);
      }
    }
    if (summed.size !== this.#looks.size + this.#entries.size) {
      fail('an inverse or a share is in no sum');
    }
    this.#checkOnlyInSums(summed);
    this.#boundAs(multiplicities);
  }

  #checkMultiplicity(wire: number, known: Set<number>): void {
    if (wire <= this.#layout.challenge || wire > this.#lastPublic) {
      fail(`the multiplicity in wire ${wire} is not a committed wire`);
    }
    if (known.has(wire)) fail(`wire ${wire} is the multiplicity of two entries`);
    known.add(wire);
  }

  /** Two rows each: one where it is made, and the sum. */
  #checkOnlyInSums(summed: ReadonlySet<number>): void {
    const seen = new Map<number, number>();
    const { constraints, a, b, c } = this.#r1cs;
    for (let row = 0; row < constraints; row++) {
      for (const side of [a, b, c]) {
        for (const wire of wiresOf(side, row)) {
          if (summed.has(wire)) seen.set(wire, (seen.get(wire) ?? 0) + 1);
        }
      }
    }
    for (const [wire, times] of seen) {
      if (times !== 2)
        fail(`wire ${wire} of the argument stands in ${times} places, not in its row and one sum`);
    }
  }

  #boundAs(wires: Iterable<number>): void {
    for (const wire of wires) this.#bound.add(wire);
  }

  /** What a value binds: wires that it has as they are. */
  #checkLook({ row, value }: Look, table: LookupTable, second: readonly number[] = []): void {
    for (const [wire, factor] of value) {
      if (factor === 1n) this.#bound.add(wire);
      if (factor === 1n && isRange(table.key)) this.#ranged.add(wire);
    }
    if (!isPairTable(table)) return;
    const isSecond = (wire: number): boolean => {
      const factor = value.get(wire) ?? 0n;
      return factor !== 0n && factor % BigInt(table.factor) === 0n;
    };
    if (second.length === 0 || !second.every(isSecond))
      fail(`row ${row} looks up no pair in a table of pairs`);
    this.#pairs.push({ row, wires: second });
  }

  #checkCommitted(): void {
    for (const { row, wires } of this.#pairs) {
      const free = wires.find((wire) => this.#boolean[wire] === 0 && !this.#ranged.has(wire));
      if (free !== undefined) fail(`row ${row} looks up a pair whose wire ${free} has no range of its own`);
    }
    const blinding = this.#lastPublic;
    if (this.#stands(blinding)) {
      fail(`expected a blinding that stands in no row, wire ${blinding} does`);
    }
    for (let wire = this.#layout.challenge + 1; wire < blinding; wire++) {
      if (!this.#bound.has(wire))
        fail(`nothing bounds the committed wire ${wire}: it is not looked up as it is`);
    }
  }

  #stands(wire: number): boolean {
    const { a, b, c } = this.#r1cs;
    return [a, b, c].some((side) => side.wires.includes(wire));
  }
}

function wiresOf({ offsets, wires }: SparseRows, row: number): Uint32Array {
  return wires.subarray(offsets[row], offsets[row + 1]);
}

function termsOf({ offsets, wires, coefficients, table }: SparseRows, row: number): Map<number, bigint> {
  const terms = new Map<number, bigint>();
  for (let t = offsets[row]; t < offsets[row + 1]; t++) terms.set(wires[t], table[coefficients[t]]);
  return terms;
}

function negated(factor: bigint): bigint {
  return factor === 0n ? 0n : SCALAR_FIELD - factor;
}

function fail(what: string): never {
  throw new CircuitError('LOOKUP_LINT', `a circuit of lookups that proves too little: ${what}`, {
    hint: 'This is a fault of sliceproof; please report it with the model.',
  });
}
