import { negated } from '../../integer/exact.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import { LinearForms } from '../rows/linear.ts';
import { BOOLEANS_A_WORD } from './demand.ts';
import type { LookupTable } from './table.ts';

/** A table of a finished argument. */
export interface SummedTable {
  readonly table: LookupTable;
  /** Of a table of pairs x + F · y: for each value in its order the wires that make y. */
  readonly seconds: readonly (readonly number[])[];
}

/** Where a finished argument stands in its circuit: what the lint checks the rows against. */
export interface LookupLayout {
  /** The challenge's wire, the public one before the committed wires. */
  readonly challenge: number;
  /** The first wire whose value depends on the challenge; so do all after it. */
  readonly firstLate: number;
  /** In the order of their sums. */
  readonly tables: readonly SummedTable[];
  /** Committed wires that equal what is proved without lookups. */
  readonly pinned: readonly number[];
  /** Committed wires that product checks prove, in rows with the challenge. */
  readonly checked: readonly number[];
}

interface Looks {
  readonly table: LookupTable;
  readonly values: LinearForms;
  readonly seconds: (readonly number[])[];
}

/**
 * The lookup argument of one circuit (LogUp, https://eprint.iacr.org/2022/1530, with a committed challenge).
 *
 * Statement: every value that was looked up is an entry of its table.
 * Rows: a value 1, a table's entry 1, a table 1, a word of 253 booleans 1. Besides each committed wire has, as a
 * public one, its row of the QAP: one a multiplicity, a word and the blinding.
 * Argument: Σ_i 1 / (X − v_i) = Σ_t m_t / (X − t) at a challenge X that comes after all v_i and m_t. As rational
 * functions both sides are equal only if each v_i is some t, since fewer than r values can't add up to a pole's
 * residue of zero. So with N values and entries, a value outside passes for at most N of the r challenges.
 */
export class LookupArgument {
  /** X: may stand in rows that {@link later} adds, and nowhere else. */
  readonly challenge: number;
  /** For forms that are looked up and then forgotten. */
  readonly scratch = new LinearForms();
  readonly #builder: R1csBuilder;
  readonly #booleans: number[] = [];
  readonly #looks = new Map<string, Looks>();
  readonly #late: (() => void)[] = [];
  readonly #pinned: number[] = [];
  readonly #checked: number[] = [];
  #firstLate = 0;

  constructor(builder: R1csBuilder, challenge: number) {
    this.#builder = builder;
    this.challenge = challenge;
  }

  /** `count` consecutive committed wires: their values are fixed before the challenge. The first one's number. */
  commit(count = 1): number {
    return this.#builder.newCommitted(count);
  }

  /** The same for values that product checks will prove. */
  commitChecked(count: number): number {
    const first = this.commit(count);
    for (let i = 0; i < count; i++) this.#checked.push(first + i);
    return first;
  }

  /**
   * A committed wire that equals a form.
   *
   * Rows: 1, and the committed wire's own.
   * Argument: what rows without the challenge prove of the form holds for a value that is fixed before the challenge,
   * so that it may be looked up later.
   */
  pin(forms: LinearForms, index: number): number {
    const wire = this.commit();
    this.#pinned.push(wire);
    forms.pushTo(this.#builder.c, this.#builder, index, 1, 0);
    this.#builder.c.push(wire, this.#builder.scaled(-1));
    this.#builder.endRow();
    return wire;
  }

  /** A wire that a row of its own makes boolean, and that is to be fixed before the challenge. */
  boolean(wire: number): void {
    this.#builder.boolean(wire);
    this.#booleans.push(wire);
  }

  /**
   * Looks the form up. It may contain wires only that are fixed before the challenge.
   * @param second in a table of pairs x + F · y, the wires that make y
   */
  look(table: LookupTable, forms: LinearForms, index: number, second: readonly number[] = []): void {
    const looks = this.#looks.get(table.key) ?? { table, values: new LinearForms(), seconds: [] };
    this.#looks.set(table.key, looks);
    looks.values.copy(forms, index);
    if (second.length > 0) looks.seconds.push(second);
  }

  /** Rows with the challenge, and wires that depend on it. They are added when everything else stands. */
  later(constrain: () => void): void {
    this.#late.push(constrain);
  }

  /** Adds words, multiplicities, the blinding and all rows with the challenge; nothing may be added after it. */
  close(): void {
    this.#packBooleans();
    const tables = [...this.#looks.values()];
    const multiplicities = tables.map(({ table }) => this.commit(table.entries.length));
    this.commit();
    this.#firstLate = this.#builder.wires;
    for (const constrain of this.#late) constrain();
    for (const [i, { table, values }] of tables.entries()) this.#sum(table, values, multiplicities[i]);
  }

  /** By the numbers that wires have when the builder has finished. */
  layout(): LookupLayout {
    const last = (wire: number): number => this.#builder.lastNumber(wire);
    return {
      challenge: this.challenge,
      firstLate: last(this.#firstLate),
      tables: [...this.#looks.values()].map(({ table, seconds }) => ({
        table,
        seconds: seconds.map((second) => second.map(last)),
      })),
      pinned: this.#pinned.map(last),
      checked: this.#checked.map(last),
    };
  }

  #packBooleans(): void {
    const builder = this.#builder;
    for (let start = 0; start < this.#booleans.length; start += BOOLEANS_A_WORD) {
      const word = this.commit();
      for (const [i, wire] of this.#booleans.slice(start, start + BOOLEANS_A_WORD).entries()) {
        builder.c.push(wire, builder.scaled(1, i));
      }
      builder.c.push(word, builder.scaled(-1));
      builder.endRow();
    }
  }

  #sum({ entries }: LookupTable, values: LinearForms, multiplicities: number): void {
    const builder = this.#builder;
    const one = builder.scaled(1);
    const minusOne = builder.scaled(-1);
    const inverses = builder.newWires(values.count);
    const shares = builder.newWires(entries.length);
    // Inverses in A: full-size scalars where they meet points of G1 once.
    for (let i = 0; i < values.count; i++) {
      builder.a.push(inverses + i, one);
      builder.b.push(this.challenge, one);
      values.pushTo(builder.b, builder, i, -1, 0);
      builder.c.push(ONE, one);
      builder.endRow();
    }
    for (const [i, entry] of entries.entries()) {
      builder.a.push(shares + i, one);
      builder.b.push(this.challenge, one);
      if (entry !== 0) builder.b.push(ONE, builder.scaled(negated(entry)));
      builder.c.push(multiplicities + i, one);
      builder.endRow();
    }
    for (let i = 0; i < values.count; i++) builder.c.push(inverses + i, one);
    for (let i = 0; i < entries.length; i++) builder.c.push(shares + i, minusOne);
    builder.endRow();
  }
}
