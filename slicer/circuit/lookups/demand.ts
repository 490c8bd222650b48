import { isRange, type LookupTable } from './table.ts';

/** Booleans in one committed word: sums of so many powers of two are distinct in the field. */
export const BOOLEANS_A_WORD = 253;

/** What the parts of a circuit ask of its lookup argument: enough to know its rows without building any. */
export class LookupDemand {
  #commits = 0;
  #booleans = 0;
  readonly #looks = new Map<string, { readonly table: LookupTable; count: number }>();

  /** Wires that are committed. */
  commit(count: number): void {
    this.#commits += count;
  }

  /** Booleans that go into committed words. */
  boolean(count: number): void {
    this.#booleans += count;
  }

  look(table: LookupTable, count: number): void {
    const known = this.#looks.get(table.key);
    if (known === undefined) {
      if (count > 0) this.#looks.set(table.key, { table, count });
    } else known.count += count;
  }

  /** The committed wires: what was asked for, words, multiplicities and the blinding. */
  get committed(): number {
    return this.#commits + this.#words + this.#entries + 1;
  }

  /** The argument's own rows: a word, a looked-up value, a table's entry and a table's sum each take one. */
  get rows(): number {
    let looks = 0;
    for (const { count } of this.#looks.values()) looks += count;
    return this.#words + looks + this.#entries + this.#looks.size;
  }

  /** Looked-up values and tables' entries: each has a wire that depends on the challenge. */
  get inverses(): number {
    return this.rows - this.#words - this.#looks.size;
  }

  /** The entries of the tables that many parts of a circuit look digits up in. */
  get rangeEntries(): number {
    let entries = 0;
    for (const [key, { table }] of this.#looks) if (isRange(key)) entries += table.entries.length;
    return entries;
  }

  get #words(): number {
    return Math.ceil(this.#booleans / BOOLEANS_A_WORD);
  }

  get #entries(): number {
    let entries = 0;
    for (const { table } of this.#looks.values()) entries += table.entries.length;
    return entries;
  }
}
