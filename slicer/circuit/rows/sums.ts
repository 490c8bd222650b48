import { GrowableUint32 } from './growable.ts';

/** The sum of no terms. */
export const EMPTY_SUM = 0;

const FIRST_SLOTS = 1 << 12;

/**
 * Sums of coefficients that are added one at a time, each interned: a sum is the sum before it and the index
 * of the coefficient that was added. Where many rows add the same coefficients in the same order, as the rows
 * of one filter at all its positions do, only the first one makes bigints.
 */
export class SumTable {
  /** By sum: the sum before the last addition, the coefficient then added, and the total's index + 1 once known. */
  readonly #before = new GrowableUint32();
  readonly #added = new GrowableUint32();
  readonly #total = new GrowableUint32();
  /** Open addressing, sum numbers; 0 is a free slot, as the empty sum is never looked up. */
  #slots = new Uint32Array(FIRST_SLOTS);
  readonly #indexOfTotal: (coefficients: readonly number[]) => number;

  /** @param indexOfTotal the table's index of the sum of coefficients that are given by their indices */
  constructor(indexOfTotal: (coefficients: readonly number[]) => number) {
    this.#indexOfTotal = indexOfTotal;
    this.#append(EMPTY_SUM, 0);
  }

  /** The sum `sum` + `coefficient`. */
  add(sum: number, coefficient: number): number {
    const mask = this.#slots.length - 1;
    let at = slotOf(sum, coefficient) & mask;
    for (let known = this.#slots[at]; known !== 0; known = this.#slots[at]) {
      if (this.#before.at(known) === sum && this.#added.at(known) === coefficient) return known;
      at = (at + 1) & mask;
    }
    const made = this.#append(sum, coefficient);
    this.#slots[at] = made;
    if (2 * this.#before.length > this.#slots.length) this.#grow();
    return made;
  }

  /** The table's index of a sum's total. */
  total(sum: number): number {
    const known = this.#total.at(sum);
    if (known !== 0) return known - 1;
    const coefficients: number[] = [];
    for (let at = sum; at !== EMPTY_SUM; at = this.#before.at(at)) coefficients.push(this.#added.at(at));
    const index = this.#indexOfTotal(coefficients);
    this.#total.set(sum, index + 1);
    return index;
  }

  #append(before: number, added: number): number {
    this.#before.push(before);
    this.#added.push(added);
    this.#total.push(0);
    return this.#before.length - 1;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let sum = 1; sum < this.#before.length; sum++) {
      let at = slotOf(this.#before.at(sum), this.#added.at(sum)) & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = sum;
    }
    this.#slots = slots;
  }
}

/** Multiplicative hashing with a final mix, so that sums numbered one after another are spread. */
function slotOf(sum: number, coefficient: number): number {
  let hash = Math.imul(sum, 0x9e3779b1) ^ Math.imul(coefficient, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
