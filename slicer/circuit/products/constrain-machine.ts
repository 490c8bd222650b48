import type { MatrixBuilder, R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import { lengthOf } from './count-machine.ts';
import type { CheckForm, CheckMachine, CheckSum } from './machine.ts';

/** Σ factor · wire + constant. */
export interface WireForm extends CheckForm {
  readonly wires: readonly number[];
  readonly factors: readonly bigint[];
  readonly constant: bigint;
}

/** Writes the rows of a check. */
export class ConstrainMachine implements CheckMachine<WireForm> {
  readonly nothing: WireForm = { length: 0, wires: [], factors: [], constant: 0n };
  readonly #builder: R1csBuilder;
  readonly #forms: (tensor: number) => LinearForms;

  /** @param forms of a tensor whose values have short forms */
  constructor(builder: R1csBuilder, forms: (tensor: number) => LinearForms) {
    this.#builder = builder;
    this.#forms = forms;
  }

  constant(value: bigint): WireForm {
    return { length: 1, wires: [], factors: [], constant: value };
  }

  value(tensor: number, index: number): WireForm {
    const wires: number[] = [];
    const factors: bigint[] = [];
    const constant = this.#forms(tensor).each(index, (wire, factor) => {
      wires.push(wire);
      factors.push(BigInt(factor));
    });
    return { length: 1, wires, factors, constant: BigInt(constant) };
  }

  sum(parts: CheckSum<WireForm>): WireForm {
    const wires: number[] = [];
    const factors: bigint[] = [];
    let constant = 0n;
    for (const [form, factor] of parts) {
      for (let i = 0; i < form.wires.length; i++) {
        wires.push(form.wires[i]);
        factors.push(form.factors[i] * factor);
      }
      constant += form.constant * factor;
    }
    return { length: lengthOf(parts), wires, factors, constant };
  }

  product(left: WireForm, right: WireForm, plus: WireForm): WireForm {
    const { a, b, c } = this.#builder;
    const made = formOf(this.#builder.newWires(1));
    this.#push(a, left, 1n);
    this.#push(b, right, 1n);
    this.#push(c, plus, -1n);
    this.#push(c, made, 1n);
    this.#builder.endRow();
    return made;
  }

  wire(form: WireForm): WireForm {
    return this.product(this.nothing, this.nothing, form);
  }

  equal(left: WireForm, right: WireForm, result: WireForm): void {
    this.#push(this.#builder.a, left, 1n);
    this.#push(this.#builder.b, right, 1n);
    this.#push(this.#builder.c, result, 1n);
    this.#builder.endRow();
  }

  #push(side: MatrixBuilder, { wires, factors, constant }: WireForm, sign: bigint): void {
    if (constant !== 0n) side.push(ONE, this.#builder.coefficient(sign * constant));
    for (let i = 0; i < wires.length; i++) {
      side.push(wires[i], this.#builder.coefficient(sign * factors[i]));
    }
  }
}

/** The form that is one wire. */
export function formOf(wire: number): WireForm {
  return { length: 1, wires: [wire], factors: [1n], constant: 0n };
}
