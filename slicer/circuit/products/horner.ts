import type { CheckForm, CheckMachine } from './machine.ts';

/**
 * States that Σ_e X^e · left(e), e = 0 … count − 1, is `right`.
 *
 * `count` rows: the highest term gets a wire, each following one is added to X times the sum so far, and the
 * last row states the equation.
 */
export function equalPolynomial<F extends CheckForm>(
  machine: CheckMachine<F>,
  challenge: F,
  count: number,
  left: (exponent: number) => F,
  right: F,
): void {
  const rest = (exponent: number): F =>
    machine.sum([
      [right, 1n],
      [left(exponent), -1n],
    ]);
  if (count === 1) {
    machine.equal(machine.nothing, machine.nothing, rest(0));
    return;
  }
  let state = machine.wire(left(count - 1));
  for (let exponent = count - 2; exponent > 0; exponent--) {
    state = machine.product(challenge, state, left(exponent));
  }
  machine.equal(challenge, state, rest(0));
}
