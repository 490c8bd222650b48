import type { CheckForm, CheckMachine } from './machine.ts';

/** Powers of the challenge, a row each when first asked for; all checks of a circuit share them. */
export class Powers<F extends CheckForm> {
  readonly #machine: CheckMachine<F>;
  readonly #known: Map<number, F>;

  constructor(machine: CheckMachine<F>, challenge: F) {
    this.#machine = machine;
    this.#known = new Map([
      [0, machine.constant(1n)],
      [1, challenge],
    ]);
  }

  /** The challenge to the power of `exponent`: from the power before it if that is there, else by squaring. */
  of(exponent: number): F {
    const known = this.#known.get(exponent);
    if (known !== undefined) return known;
    const odd = exponent % 2 === 1 || this.#known.has(exponent - 1);
    const [left, right] = odd ? [1, exponent - 1] : [exponent / 2, exponent / 2];
    const power = this.#machine.product(this.of(left), this.of(right), this.#machine.nothing);
    this.#known.set(exponent, power);
    return power;
  }
}
