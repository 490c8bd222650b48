import { describe, expect, it } from 'vitest';
import { BASE_FIELD, SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { add, canonical, reduce, sub, sumOfProducts } from '../../../groth16/kernel/arithmetic.ts';
import type { Element } from '../../../groth16/kernel/arithmetic.ts';
import {
  divisor,
  doubledDivisor,
  doubledNumerator,
  numerator,
  thirdX,
  thirdY,
} from '../../../groth16/kernel/chord.ts';
import { mulExtended, squareExtended } from '../../../groth16/kernel/extension.ts';
import type { Extended } from '../../../groth16/kernel/extension.ts';
import { modulusOf } from '../../../groth16/kernel/modulus.ts';
import { FUSED_LIMITS, WIDE_LIMITS, boundsMachine, contains, hull, interval, within } from './bounds.ts';
import type { Interval, Limits } from './bounds.ts';

// What pairs.ts and vectors.ts do with elements, over all values that their limbs can take.

// Bounds converge by a factor of some 0.4 a product, to the last of their 53 bits.
const ROUNDS = 200;

const hulls = (a: Extended<Interval>, b: Extended<Interval>): Extended<Interval> =>
  a.map((part, i) => part.map((limb, j) => hull(limb, b[i][j])));

/** The least bounds that hold for `first` and whatever `next` makes of what is within them. */
function fixedPoint(
  first: Extended<Interval>,
  next: (value: Extended<Interval>) => Extended<Interval>,
): Extended<Interval> {
  let value = first;
  for (let round = 0; round < ROUNDS; round++) {
    const wider = hulls(value, next(value));
    if (wider.every((part, i) => part.every((limb, j) => contains(value[i][j], limb)))) return value;
    value = wider;
  }
  throw new RangeError('bounds grow from one product to the next');
}

/** A canonical element: digits, the last one at most that of p. */
function canonicalElement(p: bigint, { bits, limbs }: Limits): Element<Interval> {
  const B = 1n << BigInt(bits);
  return Array.from({ length: limbs }, (_, j) =>
    interval(0n, j < limbs - 1 ? B - 1n : p >> BigInt(bits * j)),
  );
}

/** Any constant in balanced limbs. */
function constantElement(p: bigint, { bits, limbs }: Limits): Element<Interval> {
  const B = 1n << BigInt(bits);
  return Array.from({ length: limbs }, (_, j) =>
    within(j < limbs - 1 ? B / 2n : (p >> BigInt(bits * j)) + 1n),
  );
}

const turned = (element: Extended<Interval>): Extended<Interval> =>
  element.map((part) => part.map(({ low, high }) => hull(interval(low, high), interval(-high, -low))));

describe.each([FUSED_LIMITS, WIDE_LIMITS])('the bounds of the kernel $name', (limits) => {
  const machine = boundsMachine(limits);

  /** A canonical element's digits are below B, where they are written to memory. */
  const pack = (modulus: ReturnType<typeof modulusOf>, element: Extended<Interval>): void => {
    for (const part of element) {
      for (const digit of canonical(machine, modulus, part)) {
        expect(contains(interval(0n, (1n << BigInt(limits.bits)) - 1n), digit)).toBe(true);
      }
    }
  };

  it.each([1, 2])('hold for sums and doublings of points with coordinates of %i parts', (parts) => {
    const modulus = modulusOf(BASE_FIELD, limits);
    const all = (part: Element<Interval>): Extended<Interval> => Array.from({ length: parts }, () => part);
    const coordinate = all(canonicalElement(BASE_FIELD, limits));
    const constant = constantElement(BASE_FIELD, limits);
    const scaled = coordinate.map((part) => mulExtended(machine, modulus, [part], [constant])[0]);
    pack(modulus, scaled);
    for (const doubles of [false, true]) {
      const divided = doubles
        ? doubledDivisor(machine, modulus, coordinate)
        : divisor(machine, coordinate, coordinate);
      const prefix = fixedPoint(all(constant), (value) => mulExtended(machine, modulus, value, divided));
      pack(modulus, prefix);
      const running = fixedPoint(scaled, (value) => mulExtended(machine, modulus, value, divided));
      const inverse = mulExtended(machine, modulus, running, prefix);
      const top = doubles
        ? doubledNumerator(machine, modulus, coordinate)
        : numerator(machine, coordinate, turned(coordinate));
      const slope = mulExtended(machine, modulus, top, inverse);
      pack(modulus, thirdX(machine, squareExtended(machine, modulus, slope), coordinate, coordinate));
      const product = mulExtended(machine, modulus, slope, divisor(machine, coordinate, coordinate));
      pack(modulus, thirdY(machine, product, coordinate));
    }
  });

  it('hold for transforms of any size and for quotients', () => {
    const modulus = modulusOf(SCALAR_FIELD, limits);
    const constant = constantElement(SCALAR_FIELD, limits);
    const times = (a: Element<Interval>, b: Element<Interval>): Element<Interval> =>
      sumOfProducts(machine, modulus, [[a, b]]);
    const entered = reduce(machine, modulus, times(canonicalElement(SCALAR_FIELD, limits), constant));
    // Roots enter as vectors do, and one of them is a constant.
    const [root] = hulls([entered], [constant]);
    const first = hulls([entered], [times(entered, entered)]);
    const inverse = fixedPoint(first, ([value]) =>
      hulls(
        [reduce(machine, modulus, add(machine, value, value))],
        [times(sub(machine, value, value), root)],
      ),
    );
    const joined = reduce(machine, modulus, add(machine, inverse[0], turned(inverse)[0]));
    const begun = times(hulls([joined], inverse)[0], root);
    const transformed = fixedPoint(hulls(inverse, [add(machine, begun, turned([begun])[0])]), ([value]) => {
      const product = times(value, root);
      const a = reduce(machine, modulus, value);
      return hulls([add(machine, a, product)], [sub(machine, a, product)]);
    });
    const near = reduce(machine, modulus, transformed[0]);
    const value = sumOfProducts(machine, modulus, [
      [near, near],
      [near, constant],
    ]);
    pack(modulus, [times(value, constant)]);
  });

  it('are seen to break: a machine that holds less refuses', () => {
    const modulus = modulusOf(BASE_FIELD, limits);
    const element = canonicalElement(BASE_FIELD, limits);
    const narrow = boundsMachine({
      ...limits,
      product: limits.product && limits.product >> 4n,
      sum: limits.sum >> 8n,
    });
    expect(() => sumOfProducts(narrow, modulus, [[element, element]])).toThrow(RangeError);
    const wide = element.map(({ high }) => within(8n * high));
    expect(() => sumOfProducts(machine, modulus, [[wide, wide]])).toThrow(RangeError);
  });
});
