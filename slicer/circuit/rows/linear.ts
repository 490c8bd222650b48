import type { MatrixBuilder, R1csBuilder } from './builder.ts';
import { ONE } from './builder.ts';
import { CircuitError } from '../errors.ts';
import { GrowableFloat64, GrowableUint32 } from './growable.ts';

/**
 * Numbered linear forms Σ factor · wire + constant with safe integers: the values of one tensor before they
 * are put into rows, in the tensor's order. A wire may occur several times in a form.
 */
export class LinearForms {
  readonly #ends = new GrowableUint32();
  readonly #constants = new GrowableFloat64();
  readonly #wires = new GrowableUint32();
  readonly #factors = new GrowableFloat64();

  get count(): number {
    return this.#ends.length;
  }

  /** A term of the form that {@link close} ends. */
  term(wire: number, factor: number): void {
    if (factor === 0) return;
    this.#wires.push(wire);
    this.#factors.push(factor);
  }

  /** Gives every term of a form to `visit`; answers the form's constant. */
  each(index: number, visit: (wire: number, factor: number) => void): number {
    const end = this.#ends.at(index);
    for (let t = index === 0 ? 0 : this.#ends.at(index - 1); t < end; t++) {
      visit(this.#wires.at(t), this.#factors.at(t));
    }
    return this.#constants.at(index);
  }

  /** All terms of another form, times `factor`; answers that form's constant, times `factor`. */
  terms(forms: LinearForms, index: number, factor: number): number {
    const constant = forms.each(index, (wire, each) => this.term(wire, factor * each));
    return factor * constant;
  }

  /**
   * Ends a form; its number.
   * @throws CircuitError CIRCUIT_TOO_WIDE
   */
  close(constant: number): number {
    requireExact(constant);
    this.#ends.push(this.#wires.length);
    this.#constants.push(constant);
    return this.#ends.length - 1;
  }

  constantOf(index: number): number {
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

  /** Pushes factor · 2^shift times a form, its constant included, on one side of the current row. */
  pushTo(
    side: Pick<MatrixBuilder, 'push'>,
    builder: R1csBuilder,
    index: number,
    factor: number,
    shift: number,
  ): void {
    const constant = this.each(index, (wire, each) => side.push(wire, builder.scaled(factor * each, shift)));
    if (constant !== 0) side.push(ONE, builder.scaled(factor * constant, shift));
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

  /** @throws CircuitError CIRCUIT_TOO_WIDE */
  override each(index: number, visit: (wire: number, factor: number) => void): number {
    const constant = this.#compute(index, visit);
    requireExact(constant);
    return constant;
  }
}

/**
 * The interval of a form does not bound its constant: terms may cancel it, and an addition's shift scales it.
 * A constant is a double that is the sum of at most two integers that are exact, or of integers whose sizes
 * add up to a safe one; so if it is safe, nothing was rounded.
 */
function requireExact(constant: number): void {
  if (Number.isSafeInteger(constant)) return;
  throw new CircuitError(
    'CIRCUIT_TOO_WIDE',
    `expected a form's constant within ${Number.MAX_SAFE_INTEGER}, got about ${constant}`,
    { hint: 'Use a smaller bias, or a smaller shift in the addition that reads it.' },
  );
}
