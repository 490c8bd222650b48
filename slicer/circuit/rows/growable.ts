import { exacts, type Exact } from '../../integer/exact.ts';

/** A Uint32Array that grows by doubling: appending n values copies less than 2n. */
export class GrowableUint32 {
  length = 0;
  #data = new Uint32Array(1024);

  push(value: number): void {
    if (this.length === this.#data.length) {
      const longer = new Uint32Array(this.length * 2);
      longer.set(this.#data);
      this.#data = longer;
    }
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index];
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.length = length;
  }

  /** A copy of just the values, without the spare room. */
  toArray(): Uint32Array {
    return this.#data.slice(0, this.length);
  }
}

/** The same for exact integers. */
export class GrowableExact {
  length = 0;
  #data = exacts(1024);

  push(value: Exact): void {
    if (this.length === this.#data.length) {
      const longer = exacts(this.length * 2);
      longer.set(this.#data);
      this.#data = longer;
    }
    this.#data[this.length++] = value;
  }

  at(index: number): Exact {
    return this.#data[index];
  }

  truncate(length: number): void {
    this.length = length;
  }
}
