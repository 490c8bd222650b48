import { SCALAR_FIELD } from '../../groth16/formats/bn254.ts';

/** Σ factor · wire. Wire 0 is one. */
export type Form = readonly (readonly [wire: number, factor: bigint])[];

/** a · b = c over BN254's scalar field. */
export interface Row {
  readonly a: Form;
  readonly b: Form;
  readonly c: Form;
}

/** What a wire is in an honest witness, from the wires before it. */
type Value = (wires: readonly bigint[]) => bigint;

export const ONE: Form = [[0, 1n]];
export const NOTHING: Form = [];

export function constant(value: bigint): Form {
  return [[0, value]];
}

/** Every term of a form by a factor. */
export function times(form: Form, factor: bigint): Form {
  return form.map(([wire, each]) => [wire, each * factor]);
}

export function minus(left: Form, right: Form): Form {
  return [...left, ...times(right, -1n)];
}

/** A form's value as an integer. */
export function valueOf(form: Form, wires: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, factor] of form) sum += factor * wires[wire];
  return sum;
}

/** Where a statement's wires and rows go, in their order. */
export abstract class ReferenceSystem {
  /** A wire whose value is given. */
  abstract given(name: string): Form;
  /** A wire that an honest prover works out. */
  abstract wire(name: string, value: Value): Form;
  abstract row(a: Form, b: Form, c: Form): void;

  /** left = right, by 0 · 0 = left − right. */
  equal(left: Form, right: Form): void {
    this.row(NOTHING, NOTHING, minus(left, right));
  }

  /** A wire that is a form. */
  named(name: string, form: Form): Form {
    const wire = this.wire(name, (wires) => valueOf(form, wires));
    this.equal(form, wire);
    return wire;
  }

  /** A wire that is a product. */
  product(name: string, left: Form, right: Form): Form {
    const wire = this.wire(name, (wires) => valueOf(left, wires) * valueOf(right, wires));
    this.row(left, right, wire);
    return wire;
  }
}

/** Keeps wires and rows, to be looked at. */
export class ReferenceRows extends ReferenceSystem {
  readonly rows: Row[] = [];
  readonly names: string[] = ['one'];

  given(name: string): Form {
    return [[this.names.push(name) - 1, 1n]];
  }

  wire(name: string): Form {
    return this.given(name);
  }

  row(a: Form, b: Form, c: Form): void {
    this.rows.push({ a, b, c });
  }
}

/** Fills wires as they come and looks whether each row holds; keeps nothing else. */
export class ReferenceRun extends ReferenceSystem {
  readonly wires: bigint[] = [1n];
  readonly #given: Iterator<bigint>;
  #holds = true;

  constructor(given: Iterable<bigint>) {
    super();
    this.#given = given[Symbol.iterator]();
  }

  /** Every row so far. */
  get holds(): boolean {
    return this.#holds;
  }

  given(): Form {
    return [[this.wires.push(this.#given.next().value as bigint) - 1, 1n]];
  }

  wire(_: string, value: Value): Form {
    return [[this.wires.push(value(this.wires)) - 1, 1n]];
  }

  row(a: Form, b: Form, c: Form): void {
    const difference = valueOf(a, this.wires) * valueOf(b, this.wires) - valueOf(c, this.wires);
    this.#holds &&= difference % SCALAR_FIELD === 0n;
  }
}
