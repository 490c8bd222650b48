/** A Uint32Array that grows by doubling: appending n values copies less than 2n. */
export class GrowableUint32 {
  length = 0;
  #data = new Uint32Array(1024);

  push(value: number): void {
    if (this.length === this.#data.length) this.#data = grown(this.#data, new Uint32Array(this.length * 2));
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

/** The same for doubles. */
export class GrowableFloat64 {
  length = 0;
  #data = new Float64Array(1024);

  push(value: number): void {
    if (this.length === this.#data.length) this.#data = grown(this.#data, new Float64Array(this.length * 2));
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index];
  }

  truncate(length: number): void {
    this.length = length;
  }
}

function grown<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
