import type { Machine } from './machine.ts';
import type { Modulus } from './modulus.ts';

/** A field element in limbs, least first; its class modulo p counts, its value lies within a few p of zero. */
export type Element<L> = readonly L[];

/** Two factors of a sum of products. */
export type Factors<L> = readonly [Element<L>, Element<L>];

export function add<L, S>(machine: Machine<L, S>, a: Element<L>, b: Element<L>): Element<L> {
  return a.map((limb, j) => machine.add(limb, b[j]));
}

export function sub<L, S>(machine: Machine<L, S>, a: Element<L>, b: Element<L>): Element<L> {
  return a.map((limb, j) => machine.sub(limb, b[j]));
}

export function negate<L, S>(machine: Machine<L, S>, a: Element<L>): Element<L> {
  const zero = machine.limbOf(0n);
  return a.map((limb) => machine.sub(zero, limb));
}

/** Σ a · b / R over the pairs, for one reduction. */
export function sumOfProducts<L, S>(
  machine: Machine<L, S>,
  modulus: Modulus,
  pairs: readonly Factors<L>[],
): Element<L> {
  const first = (row: number): Term<L>[] => pairs.map(([a, b]) => [row, a[row], b[0]]);
  const others = (row: number): Term<L>[] =>
    Array.from({ length: machine.limbs - 1 }, (_, j) =>
      pairs.map(([a, b]): Term<L> => [row + j + 1, a[row], b[j + 1]]),
    ).flat();
  return reduced(machine, modulus, first, others);
}

/** a² / R: each product of two different limbs once, with one of them doubled. */
export function square<L, S>(machine: Machine<L, S>, modulus: Modulus, a: Element<L>): Element<L> {
  const { limbs } = machine;
  const doubled = a.map((limb) => machine.add(limb, limb));
  /** What place i still lacks when it is its turn: products of limbs k ≤ l with k + l = i. */
  const place = (i: number): Term<L>[] => {
    const terms: Term<L>[] = [];
    for (let k = Math.max(0, i - limbs + 1); 2 * k <= i; k++) {
      terms.push([i, 2 * k === i ? a[k] : doubled[k], a[i - k]]);
    }
    return terms;
  };
  const first = (row: number): Term<L>[] => place(row);
  const others = (row: number): Term<L>[] =>
    row < limbs - 1 ? [] : Array.from({ length: limbs - 1 }, (_, j) => place(limbs + j)).flat();
  return reduced(machine, modulus, first, others);
}

/** A product of limbs and its place. */
type Term<L> = readonly [place: number, a: L, b: L];

/**
 * Montgomery's reduction of a sum of products, limb by limb from the lowest, interleaved with the products.
 *
 * All limbs but the last of the low half are *folded*: low · B^i = low · (2^−bits mod p) · B^(i + 1) modulo p needs no
 * quotient, so that the next place is known sooner, and leaves |fold| ≤ p/2 times |low| ≤ B/2 above. The last one is
 * taken away with a quotient, which divides that by B too: |result| ≤ |Σ a · b|/R + p/4 + p/2 + p/B.
 *
 * @param first the products that complete place `row`, which must be complete before its turn
 * @param others those that may come after it
 */
function reduced<L, S>(
  machine: Machine<L, S>,
  modulus: Modulus,
  first: (row: number) => readonly Term<L>[],
  others: (row: number) => readonly Term<L>[],
): Element<L> {
  const { limbs } = machine;
  const constants = (values: readonly bigint[]): Element<L> => values.map((value) => machine.limbOf(value));
  const p = constants(modulus.limbs);
  const fold = constants(modulus.fold);
  const inverse = machine.limbOf(modulus.inverse);
  const sums = Array.from({ length: 2 * limbs }, () => machine.zero);
  const addAll = (terms: readonly Term<L>[]): void => {
    for (const [place, a, b] of terms) machine.product(sums, place, a, b);
  };
  const addScaled = (place: number, factor: L, values: Element<L>): void =>
    addAll(values.map((value, j) => [place + j, factor, value]));
  for (let row = 0; row < limbs; row++) {
    addAll(first(row));
    if (row < limbs - 1) {
      const [low, carry] = machine.balanced(sums[row]);
      sums[row + 1] = machine.sum(sums[row + 1], carry);
      addAll(others(row));
      addScaled(row + 1, low, fold);
    } else {
      const quotient = machine.quotient(sums[row], inverse);
      addAll(others(row));
      addScaled(row, quotient, p);
      sums[row + 1] = machine.sum(sums[row + 1], machine.carry(sums[row]));
    }
  }
  const out: L[] = [];
  for (let place = limbs; place < 2 * limbs - 1; place++) {
    const [limb, carry] = machine.balanced(sums[place]);
    out.push(limb);
    sums[place + 1] = machine.sum(sums[place + 1], carry);
  }
  out.push(machine.limb(sums[2 * limbs - 1]));
  return out;
}

/**
 * The same class within (1/2 + 2^−10) p of zero, in balanced limbs: a − k·p for k = round(a/p), found from the last limb
 * alone.
 */
export function reduce<L, S>(machine: Machine<L, S>, modulus: Modulus, a: Element<L>): Element<L> {
  const last = machine.limbs - 1;
  const k = machine.nearest(a[last], modulus.p);
  const near = a.map((limb, j) => machine.less(limb, k, machine.limbOf(modulus.limbs[j])));
  for (let j = 0; j < last; j++) [near[j], near[j + 1]] = machine.settle(near[j], near[j + 1]);
  return near;
}

/** The representative in [0, p), in digits below B: what `reduce` leaves, and p once more where that is negative. */
export function canonical<L, S>(machine: Machine<L, S>, modulus: Modulus, a: Element<L>): readonly S[] {
  const last = machine.limbs - 1;
  const sums = reduce(machine, modulus, a).map((limb) => machine.sumOf(limb));
  const carryAll = (): void => {
    for (let j = 0; j < last; j++) {
      sums[j + 1] = machine.sum(sums[j + 1], machine.carry(sums[j]));
      sums[j] = machine.rest(sums[j]);
    }
  };
  carryAll();
  const sign = sums[last];
  modulus.digits.forEach((digit, j) => (sums[j] = machine.sumWhereNegative(sums[j], sign, digit)));
  carryAll();
  return sums;
}

/** Digits below B as four words of 64 bits, least first. */
export function packed<L, S>(machine: Machine<L, S>, digits: readonly S[]): readonly S[] {
  return Array.from({ length: 4 }, (_, word) =>
    digits
      .map((digit, j) => ({ digit, by: machine.bits * j - 64 * word }))
      .filter(({ by }) => by > -machine.bits && by < 64)
      .map(({ digit, by }) => (by < 0 ? machine.shiftRight(digit, -by) : machine.shiftLeft(digit, by)))
      .reduce((word, part) => machine.either(word, part)),
  );
}

/** Four words as limbs in [0, B); for a number below 2^(bits · limbs). */
export function unpacked<L, S>(machine: Machine<L, S>, words: readonly S[]): Element<L> {
  return Array.from({ length: machine.limbs }, (_, j) => {
    const parts = words
      .map((word, index) => ({ word, by: 64 * index - machine.bits * j }))
      .filter(({ by }) => by > -64 && by < machine.bits)
      .map(({ word, by }) => (by < 0 ? machine.shiftRight(word, -by) : machine.shiftLeft(word, by)));
    return machine.limb(machine.rest(parts.reduce((limb, part) => machine.either(limb, part))));
  });
}
