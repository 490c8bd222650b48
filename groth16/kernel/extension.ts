import { add, reduce, square, sub, sumOfProducts, negate } from './arithmetic.ts';
import type { Element } from './arithmetic.ts';
import type { Machine } from './machine.ts';
import type { Modulus } from './modulus.ts';

/** An element of the base field (one part) or of its quadratic extension, a₀ + a₁·u with u² = −1 (two). */
export type Extended<L> = readonly Element<L>[];

export function addExtended<L, S>(machine: Machine<L, S>, a: Extended<L>, b: Extended<L>): Extended<L> {
  return a.map((part, i) => add(machine, part, b[i]));
}

export function subExtended<L, S>(machine: Machine<L, S>, a: Extended<L>, b: Extended<L>): Extended<L> {
  return a.map((part, i) => sub(machine, part, b[i]));
}

export function reduceExtended<L, S>(machine: Machine<L, S>, modulus: Modulus, a: Extended<L>): Extended<L> {
  return a.map((part) => reduce(machine, modulus, part));
}

/** In the extension two sums of two products, each with one reduction, and brought back to within p/2 of zero. */
export function mulExtended<L, S>(
  machine: Machine<L, S>,
  modulus: Modulus,
  a: Extended<L>,
  b: Extended<L>,
): Extended<L> {
  if (a.length === 1) return [sumOfProducts(machine, modulus, [[a[0], b[0]]])];
  const minus = negate(machine, a[1]);
  const real = sumOfProducts(machine, modulus, [
    [a[0], b[0]],
    [minus, b[1]],
  ]);
  const imaginary = sumOfProducts(machine, modulus, [
    [a[0], b[1]],
    [a[1], b[0]],
  ]);
  return reduceExtended(machine, modulus, [real, imaginary]);
}

/** (a₀ + a₁)(a₀ − a₁) + 2·a₀·a₁·u. */
export function squareExtended<L, S>(machine: Machine<L, S>, modulus: Modulus, a: Extended<L>): Extended<L> {
  if (a.length === 1) return [square(machine, modulus, a[0])];
  const [real, imaginary] = a;
  return [
    sumOfProducts(machine, modulus, [[add(machine, real, imaginary), sub(machine, real, imaginary)]]),
    sumOfProducts(machine, modulus, [[add(machine, real, real), imaginary]]),
  ];
}
