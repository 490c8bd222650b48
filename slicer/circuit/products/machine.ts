/** A value of a check: nothing, a linear form over wires, or what that form is worth. */
export interface CheckForm {
  /**
   * Terms as the program writes them, before equal wires are joined; 0 says that the form is nothing at all.
   * It decides what gets a wire of its own, so it may depend on the program alone.
   */
  readonly length: number;
}

/** What a check multiplies: forms with integer factors, added up. */
export type CheckSum<F> = readonly (readonly [form: F, factor: bigint])[];

/**
 * What a product check is written against. One description of the check runs on three machines: rows are made
 * by one, counted by another, and the witness's wires are filled by the third, in the same order.
 */
export interface CheckMachine<F extends CheckForm> {
  readonly nothing: F;
  /** Rows alone are counted: of a factor only matters whether it is zero. */
  readonly countsRows?: boolean;
  constant(value: bigint): F;
  /** One value of a tensor of the program; fixed by rows that know nothing of the challenge. */
  value(tensor: number, index: number): F;
  sum(parts: CheckSum<F>): F;
  /**
   * One row, left · right = wire − plus; the wire. A power of the challenge goes on the left, so that no row looks like
   * one of the lookup argument, where the challenge is on the right.
   */
  product(left: F, right: F, plus: F): F;
  /** One linear row, wire = form; the wire. */
  wire(form: F): F;
  /** One row, left · right = result. */
  equal(left: F, right: F, result: F): void;
}
