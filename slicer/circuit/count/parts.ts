/** Rows of one part of a circuit. */
export interface PartRows {
  readonly name: string;
  readonly rows: number;
}

export const TAG_PART = 'tag';

/** The rows that tie the constant and the public signals to their copies. */
export const PUBLIC_PART = 'public wires';

/** The product checks and their challenge. */
export const PRODUCTS_PART = 'product checks';

/** The lookup argument: its looked-up values, tables and words. */
export const LOOKUP_PART = 'lookups';

/** The bits of an input tensor. */
export function rangePart(tensor: string): string {
  return `range ${tensor}`;
}

/** The hash of an input or output tensor. */
export function commitPart(tensor: string): string {
  return `commit ${tensor}`;
}

/** Books rows on parts, in the order in which the parts are first named. */
export class RowLedger {
  readonly #count: () => number;
  readonly #rows = new Map<string, number>();

  /** @param count rows so far */
  constructor(count: () => number) {
    this.#count = count;
  }

  measure<T>(name: string, work: () => T): T {
    const before = this.#count();
    const result = work();
    this.#rows.set(name, (this.#rows.get(name) ?? 0) + this.#count() - before);
    return result;
  }

  /** The parts that have rows. */
  parts(): readonly PartRows[] {
    return [...this.#rows].flatMap(([name, rows]) => (rows === 0 ? [] : [{ name, rows }]));
  }
}
