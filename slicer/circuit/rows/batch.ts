import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1csBuilder } from './builder.ts';
import { ONE } from './builder.ts';
import { CircuitError } from '../errors.ts';
import { GrowableUint32 } from './growable.ts';
import type { Operand } from '../../integer/exact.ts';
import type { LinearForms } from './linear.ts';

/** Says where the next equation of a batch goes. */
export interface Placer {
  place(width: number): { readonly shift: number; readonly fresh: boolean };
}

/**
 * Where equations go in rows: each takes `width` bits of a row, in order, a new row when the last is full.
 * The compiler and the cost model share it, so that they count the same.
 */
export class SlotPacker implements Placer {
  rows = 0;
  readonly #capacity: number;
  #used = Infinity;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The equation's shift in its row, and whether the row is a new one. */
  place(width: number): { readonly shift: number; readonly fresh: boolean } {
    if (width > this.#capacity) {
      throw new CircuitError(
        'CIRCUIT_TOO_WIDE',
        `an equation needs ${width} bits, the field holds ${this.#capacity}`,
        { hint: 'Use fewer bits for the weights or the activations of this operator.' },
      );
    }
    const fresh = this.#used + width > this.#capacity;
    if (fresh) {
      this.rows++;
      this.#used = 0;
    }
    const shift = this.#used;
    this.#used += width;
    return { shift, fresh };
  }
}

/** Rows that equations of these widths share, in the field of the curve. */
export function slotRows(widths: Iterable<number>): number {
  const packer = new SlotPacker(FIELD_CAPACITY);
  for (const width of widths) packer.place(width);
  return packer.rows;
}

/** Integers below 2^FIELD_CAPACITY are distinct in the field. */
export const FIELD_CAPACITY = SCALAR_FIELD.toString(2).length - 1;

/** Takes integer equations L = 0 over wires and forms: what a gadget states about its accumulators. */
export interface Equations {
  /** Starts an equation L = 0 with |L| < 2^width; what follows until the next one belongs to it. */
  open(width: number): void;
  /** factor · 2^shift times a wire. */
  term(wire: number, factor: Operand, shift?: number): void;
  form(forms: LinearForms, index: number, sign: 1 | -1): void;
  constant(value: bigint): void;
}

/**
 * Several integer equations L_j = 0 in one row: 0 · 0 = Σ_j 2^(s_j) · L_j.
 *
 * Sound because every L_j is an integer with |L_j| < 2^width_j, by intervals that follow from *other* rows
 * (booleans, products, and the rows of earlier nodes), and s_(j+1) = s_j + width_j with the last end at most
 * the field's capacity. Then the integer |Σ 2^(s_j) · L_j| ≤ Σ 2^(s_j) · (2^width_j − 1) < 2^capacity ≤ r, so the
 * field's zero is the integers' zero; all terms but L_0 are multiples of 2^width_0, so L_0 is one too, and the
 * only one of its size is 0; divide by 2^width_0 and go on.
 *
 * A batch is for one node only: its bounds may rest on earlier nodes' equations, never on its own.
 */
export class LinearBatch implements Equations {
  readonly #builder: R1csBuilder;
  readonly #placer: Placer;
  readonly #wires = new GrowableUint32();
  readonly #coefficients = new GrowableUint32();
  #shift = 0;
  #constant = 0n;

  /** @param placer where equations go; one after the other unless it says something else */
  constructor(builder: R1csBuilder, placer: Placer = new SlotPacker(builder.capacity)) {
    this.#builder = builder;
    this.#placer = placer;
  }

  open(width: number): void {
    const { shift, fresh } = this.#placer.place(width);
    if (fresh) this.end();
    this.#shift = shift;
  }

  /** A term of the open equation. */
  term(wire: number, factor: Operand, shift = 0): void {
    this.#wires.push(wire);
    this.#coefficients.push(this.#builder.scaled(factor, this.#shift + shift));
  }

  form(forms: LinearForms, index: number, sign: 1 | -1): void {
    forms.pushTo(this, this.#builder, index, sign, this.#shift);
  }

  constant(value: bigint): void {
    this.#constant += value << BigInt(this.#shift);
  }

  /** A term whose coefficient already holds the shift. */
  push(wire: number, coefficient: number): void {
    this.#wires.push(wire);
    this.#coefficients.push(coefficient);
  }

  /** Writes the row that is under way, if there is one. */
  end(): void {
    if (this.#wires.length === 0) return;
    const { c } = this.#builder;
    if (this.#constant !== 0n) c.push(ONE, this.#builder.coefficient(this.#constant));
    for (let i = 0; i < this.#wires.length; i++) c.push(this.#wires.at(i), this.#coefficients.at(i));
    this.#builder.endRow();
    this.#wires.truncate(0);
    this.#coefficients.truncate(0);
    this.#constant = 0n;
  }
}
