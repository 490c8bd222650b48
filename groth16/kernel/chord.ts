import type { Machine } from './machine.ts';
import type { Modulus } from './modulus.ts';
import { negate } from './arithmetic.ts';
import { addExtended, reduceExtended, squareExtended, subExtended } from './extension.ts';
import type { Extended } from './extension.ts';

// The affine sum P + Q = (x₃, y₃) on y² = x³ + b, with m = −(y₂ − y₁)/(x₂ − x₁), or m = −3x²/2y where P = Q:
// x₃ = m² − x₁ − x₂ and y₃ = m·(x₃ − x₁) − y₁. Coordinates are canonical, y₂ or its negative.

/** What m is divided by. */
export function divisor<L, S>(machine: Machine<L, S>, x1: Extended<L>, x2: Extended<L>): Extended<L> {
  return subExtended(machine, x2, x1);
}

export function numerator<L, S>(machine: Machine<L, S>, y1: Extended<L>, y2: Extended<L>): Extended<L> {
  return subExtended(machine, y1, y2);
}

/** 2y. */
export function doubledDivisor<L, S>(machine: Machine<L, S>, modulus: Modulus, y: Extended<L>): Extended<L> {
  return reduceExtended(machine, modulus, addExtended(machine, y, y));
}

/** −3x². */
export function doubledNumerator<L, S>(
  machine: Machine<L, S>,
  modulus: Modulus,
  x: Extended<L>,
): Extended<L> {
  const squared = squareExtended(machine, modulus, reduceExtended(machine, modulus, x));
  const thrice = addExtended(machine, addExtended(machine, squared, squared), squared);
  return reduceExtended(
    machine,
    modulus,
    thrice.map((part) => negate(machine, part)),
  );
}

/** x₃, not yet canonical. */
export function thirdX<L, S>(
  machine: Machine<L, S>,
  mm: Extended<L>,
  x1: Extended<L>,
  x2: Extended<L>,
): Extended<L> {
  return subExtended(machine, subExtended(machine, mm, x1), x2);
}

/** y₃ from m·(x₃ − x₁), not yet canonical. */
export function thirdY<L, S>(machine: Machine<L, S>, product: Extended<L>, y1: Extended<L>): Extended<L> {
  return subExtended(machine, product, y1);
}
