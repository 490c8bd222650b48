import { Bounds, productOf, quotientOf, sizeOf } from './bounds.ts';
import { factorOf, formWithout, sumOf, type Form } from './form.ts';
import { isLinear, type Row, type System } from './system.ts';

/** An equation of more terms is not tried as one side of a comparison. */
const MOST_TERMS = 1024;

/**
 * What is known of a circuit: its rows, and such that follow from them; what wires are bounded by; and which wires have one
 * value, given those that were declared. A wire may be added to name what a row says of a form.
 */
export class Knowledge {
  readonly modulus: bigint;
  readonly bounds: Bounds;
  readonly #rows: Row[] = [];
  readonly #rowsOf: number[][];
  readonly #values: (readonly bigint[] | undefined)[] = [];
  #determined: Uint8Array;
  #wires: number;
  #openCount: number;

  constructor({ modulus, wires, rows }: System) {
    this.modulus = modulus;
    this.bounds = new Bounds(modulus);
    this.#wires = wires;
    this.#openCount = wires;
    this.#determined = new Uint8Array(2 * wires);
    this.#rowsOf = Array.from({ length: wires }, () => []);
    for (const row of rows) this.add(row);
  }

  /** Wires that may have two values. */
  get openCount(): number {
    return this.#openCount;
  }

  get count(): number {
    return this.#rows.length;
  }

  row(index: number): Row {
    return this.#rows[index];
  }

  /** Adds a row that follows from others; its number. */
  add(row: Row): number {
    const index = this.#rows.push(row) - 1;
    for (const { wires } of [row.a, row.b, row.c]) {
      for (const wire of wires) {
        const of = this.#rowsOf[wire];
        if (of.at(-1) !== index) of.push(index);
      }
    }
    return index;
  }

  rowsOf(wire: number): readonly number[] {
    return this.#rowsOf[wire];
  }

  /** Adds a wire that is one of a few values, ascending. */
  newWire(values: readonly bigint[]): number {
    const wire = this.#wires++;
    if (wire >= this.#determined.length) {
      const longer = new Uint8Array(2 * wire);
      longer.set(this.#determined);
      this.#determined = longer;
    }
    this.#rowsOf.push([]);
    this.#openCount++;
    this.hasValues(wire, values);
    return wire;
  }

  /** A wire is one of a few values, ascending. */
  hasValues(wire: number, values: readonly bigint[]): boolean {
    const isNew = this.#values[wire] === undefined;
    this.#values[wire] ??= values;
    return this.bounds.set(wire, { low: values[0], high: values[values.length - 1] }) || isNew;
  }

  valuesOf(wire: number): readonly bigint[] | undefined {
    return this.#values[wire];
  }

  isDetermined(wire: number): boolean {
    return this.#determined[wire] === 1;
  }

  /** @returns whether that is new */
  determine(wire: number): boolean {
    if (this.#determined[wire] === 1) return false;
    this.#determined[wire] = 1;
    this.#openCount--;
    return true;
  }

  /** The terms of a form whose wires may have two values. */
  open({ wires, factors }: Form): readonly (readonly [wire: number, factor: bigint])[] {
    const open: (readonly [number, bigint])[] = [];
    for (let i = 0; i < wires.length; i++) {
      if (this.#determined[wires[i]] === 0) open.push([wires[i], factors[i]]);
    }
    return open;
  }

  /**
   * Whether a form, as the integer that its wires' intervals make it, is at least zero: by its terms, or when a multiple of
   * an equation is added that has one of the given wires.
   */
  isAtLeastZero(form: Form, through: readonly number[]): boolean {
    const own = this.bounds.ofForm(form);
    if (own === undefined) return false;
    if (own.low >= 0n) return true;
    for (const wire of through) {
      for (const index of this.#rowsOf[wire]) {
        const row = this.#rows[index];
        if (!isLinear(row) || row.c.wires.length > MOST_TERMS) continue;
        const [factor, each] = [factorOf(form, wire), factorOf(row.c, wire)];
        if (each === 0n || factor % each !== 0n) continue;
        const sum = this.bounds.ofForm(
          sumOf(
            [
              [form, 1n],
              [row.c, -factor / each],
            ],
            this.modulus,
          ),
        );
        // Both are the same element of the field, so they are the same integer if they are not far apart.
        if (sum !== undefined && sum.low >= 0n && sizeOf(sum) + sizeOf(own) < this.modulus) return true;
      }
    }
    return false;
  }

  /**
   * Bounds a wire on the C side of a row by all others: the one without an interval, if its factor is one, or the one that
   * adds most to the sum, if that makes its interval narrower by a sixteenth.
   *
   * @returns the wire, if that is new
   */
  boundBy({ a, b, c }: Row): number | undefined {
    const { bounds } = this;
    const at = this.#widest(c);
    if (at === undefined) return undefined;
    const [left, right] = [bounds.ofForm(a), bounds.ofForm(b)];
    if (left === undefined || right === undefined) return undefined;
    const others = bounds.ofForm(formWithout(c, c.wires[at]));
    if (others === undefined) return undefined;
    const product = productOf(left, right);
    const [wire, factor] = [c.wires[at], c.factors[at]];
    const sum = { low: product.low - others.high, high: product.high - others.low };
    const known = bounds.of(wire);
    if (known === undefined) {
      if (factor !== 1n && factor !== -1n) return undefined;
      return bounds.set(wire, quotientOf(sum, factor)) ? wire : undefined;
    }
    // The field's equation is one of integers, so that it may be divided.
    if (sizeOf(sum) + sizeOf(productOf(known, { low: factor, high: factor })) >= this.modulus)
      return undefined;
    const interval = quotientOf(sum, factor);
    const width = interval.high - interval.low;
    // Not by less, or two rows could go on narrowing each other for long.
    if (width < 0n || 16n * width > 15n * (known.high - known.low)) return undefined;
    return bounds.set(wire, interval) ? wire : undefined;
  }

  /** The place of the one wire without an interval, else of the one that adds most. */
  #widest({ wires, factors }: Form): number | undefined {
    let widest: number | undefined;
    let most: bigint | undefined = 0n;
    for (const [at, wire] of wires.entries()) {
      const width = this.bounds.width(wire);
      if (width === undefined && most === undefined) return undefined;
      if (most === undefined) continue;
      const adds: bigint | undefined = width && width * (factors[at] < 0n ? -factors[at] : factors[at]);
      if (adds !== undefined && adds <= most) continue;
      widest = at;
      most = adds;
    }
    return widest;
  }
}
