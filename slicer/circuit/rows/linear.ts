import type { MatrixBuilder, R1csBuilder } from './builder.ts';
import { ONE } from './builder.ts';
import { exact, times, type Exact, type Operand } from '../../integer/exact.ts';
import { GrowableExact, GrowableUint32 } from './growable.ts';

/**
 * Numbered linear forms Σ factor · wire + constant with exact integers: the values of one tensor before they
 * are put into rows, in the tensor's order. A wire may occur several times in a form.
 */
export class LinearForms {
  readonly #ends = new GrowableUint32();
  readonly #constants = new GrowableExact();
  readonly #wires = new GrowableUint32();
  readonly #factors = new GrowableExact();

  get count(): number {
    return this.#ends.length;
  }

  /** A term of the form that {@link close} ends. */
  term(wire: number, factor: Operand): void {
    if (factor === 0) return;
    this.#wires.push(wire);
    this.#factors.push(exact(factor));
  }

  /** Gives every term of a form to `visit`; answers the form's constant. */
  each(index: number, visit: (wire: number, factor: Exact) => void): Exact {
    const end = this.#ends.at(index);
    for (let t = index === 0 ? 0 : this.#ends.at(index - 1); t < end; t++) {
      visit(this.#wires.at(t), this.#factors.at(t));
    }
    return this.#constants.at(index);
  }

  /**
   * All terms of another form, times `factor`; answers that form's constant, times `factor`. What bounds the form's values
   * bounds neither, for terms may cancel each other and the constant.
   * @throws IntegerProgramError INTEGER_TOO_WIDE
   */
  terms(forms: LinearForms, index: number, factor: Operand): Exact {
    const constant = forms.each(index, (wire, each) => this.term(wire, times(factor, each)));
    return times(factor, constant);
  }

  /** Ends a form; its number. */
  close(constant: Operand): number {
    this.#ends.push(this.#wires.length);
    this.#constants.push(exact(constant));
    return this.#ends.length - 1;
  }

  constantOf(index: number): Exact {
    return this.#constants.at(index);
  }

  /** Copies form `index` of `forms` to the end of these; its number. */
  copy(forms: LinearForms, index: number): number {
    return this.close(this.terms(forms, index, 1));
  }

  clear(): void {
    this.#ends.truncate(0);
    this.#constants.truncate(0);
    this.#wires.truncate(0);
    this.#factors.truncate(0);
  }

  /** Pushes sign · 2^shift times a form, its constant included, on one side of the current row. */
  pushTo(
    side: Pick<MatrixBuilder, 'push'>,
    builder: R1csBuilder,
    index: number,
    sign: 1 | -1,
    shift: number,
  ): void {
    const constant = this.each(index, (wire, each) =>
      side.push(wire, builder.scaled(times(sign, each), shift)),
    );
    if (constant !== 0) side.push(ONE, builder.scaled(times(sign, constant), shift));
  }
}

/**
 * Forms that are worked out each time they are read. What a convolution sums up is read once and is many times
 * what it is made of, so it is never held.
 */
export class ComputedForms extends LinearForms {
  readonly #count: number;
  readonly #compute: LinearForms['each'];

  /** @param compute as {@link LinearForms.each} */
  constructor(count: number, compute: LinearForms['each']) {
    super();
    this.#count = count;
    this.#compute = compute;
  }

  override get count(): number {
    return this.#count;
  }

  override each(index: number, visit: (wire: number, factor: Exact) => void): Exact {
    return this.#compute(index, visit);
  }
}
